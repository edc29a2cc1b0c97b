"""Staples in a server's messages: what is written where, in either version of TLS."""

from dataclasses import replace

import pytest

from mockpki._exchange.staples import (
    LONGEST,
    STATUS_REQUEST,
    StapleMessages,
    add_staples,
    certificate_status,
    check_writable,
    staple_messages,
)

CHAIN = (b"leaf", b"intermediate", b"root")
BODY = b"\1\0\0\6staple"


def written(version: str, *staples: bytes | None, requested: bool = True) -> StapleMessages:
    """How these staples of CHAIN are written."""
    return staple_messages(CHAIN, staples, requested, version)


def test_the_body_of_a_certificate_status() -> None:
    """RFC 6066 section 8: status_type, three octets of length, the response."""
    assert certificate_status(b"staple") == BODY
    assert certificate_status(b"") == b"\1\0\0\0"
    assert certificate_status(bytes(65_536))[:4] == b"\1\1\0\0"


def test_a_staple_that_no_message_has_room_for() -> None:
    """The three octets of length of the message, less the four before the staple."""
    assert len(certificate_status(bytes(2**24 - 5))) == 2**24 - 1
    with pytest.raises(ValueError, match=r"no TLS message has room for a staple of 16777212 octets"):
        certificate_status(bytes(2**24 - 4))


def test_in_tls_1_3_each_certificate_has_its_own() -> None:
    """RFC 8446 section 4.4.2.1: an extension of the CertificateEntry that it is about."""
    messages = written("TLSv1.3", b"staple", None, b"staple")
    one = ((STATUS_REQUEST, BODY),)
    assert messages.entries == messages.written == (one, (), one)
    assert (messages.server_hello, messages.certificate_status) == ((), None)
    assert messages.sent == (b"staple", None, b"staple")


def test_up_to_tls_1_2_the_leaf_alone_has_one() -> None:
    """RFC 6066 section 8: an empty extension in the ServerHello, and a message of its own."""
    messages = written("TLSv1.2", b"staple", b"another")
    assert messages.server_hello == ((STATUS_REQUEST, b""),)
    assert messages.certificate_status == BODY
    assert messages.written == (messages.server_hello, BODY)
    assert messages.entries == ()
    assert messages.sent == (b"staple", None, None)
    assert messages.staples == (b"staple", b"another", None)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_nothing_is_written_for_a_client_that_does_not_ask(version: str) -> None:
    """Nor where there is no staple; what there is to give is known all the same."""
    silent = written(version, b"staple", requested=False)
    assert not any(silent.written)
    assert silent.sent == ()
    assert silent.staples == (b"staple", None, None)
    none = written(version)
    assert not any(none.written)
    assert none.sent == ()
    assert add_staples(silent).written == written(version, b"staple").written


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_body_is_changed_wherever_it_is(version: str) -> None:
    """The leaf's alone; where there is none, nothing is changed."""
    changed = written(version, b"staple", b"staple").with_body(lambda body: body[:4])
    assert changed.sent[0] == b""
    assert version == "TLSv1.2" or changed.sent[1] == b"staple"
    for nothing in (written(version), written(version, None, b"staple")):
        assert nothing.with_body(lambda body: b"another") == nothing


def test_what_was_given_is_what_its_length_says() -> None:
    """More octets behind it are none of the staple's; where its length says more, all there is."""
    honest = written("TLSv1.2", b"staple")
    bodies = {BODY + b"more": b"staple", b"\1\0\0\7staple": b"staple", b"\1\0\0\2staple": b"st"}
    for body, given in bodies.items():
        assert replace(honest, certificate_status=body).sent[0] == given


def test_of_several_in_one_entry_the_first_was_given() -> None:
    """An extension that stands there twice is the fault of whoever wrote it so."""
    twice = ((STATUS_REQUEST, BODY), (STATUS_REQUEST, b"\1\0\0\5other"))
    assert replace(written("TLSv1.3", b"staple"), entries=(twice, (), ())).sent == (b"staple", None, None)


def test_what_cannot_be_written() -> None:
    """Entries that are not the certificates', a block that is too long, a message that is."""
    honest = written("TLSv1.3", bytes(LONGEST))
    check_writable(honest)
    check_writable(written("TLSv1.2", bytes(LONGEST + 1)))
    with pytest.raises(ValueError, match="2 entries cannot be 3 certificates'"):
        check_writable(replace(honest, entries=honest.entries[:2]))
    with pytest.raises(ValueError, match=r"staples of 65536 octets in one block of TLSv1\.3 extensions"):
        check_writable(written("TLSv1.3", bytes(LONGEST + 1)))
    with pytest.raises(ValueError, match="a CertificateStatus of 16777216 octets is too long"):
        check_writable(replace(honest, certificate_status=bytes(2**24)))


def test_there_may_be_nobody_to_make_another() -> None:
    """Where no server stands behind it, no response can be made for a fault."""
    with pytest.raises(LookupError, match="there is no responder to ask about certificate 1 of the chain"):
        written("TLSv1.3").response_for(1)
