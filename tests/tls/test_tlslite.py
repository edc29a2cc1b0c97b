"""What tlslite alone does: any octets for a staple, on any certificate."""

from dataclasses import replace

import pytest

from mockpki._exchange.staples import StapleMessages, certificate_status, staple_messages
from mockpki._tls.session import Presentation, Session, needs_tlslite
from mockpki._tls.tlslite import TlsliteSession
from tests.tls.certificates import CA, CHAIN, GOOD, HONEST, ROOT, leaf, response
from tests.tls.clients import (
    TRANSPORTS,
    VERSIONS,
    OpenSSLClient,
    TlsliteClient,
    first_flight,
    given_to_leaf,
    pump,
    server_hello_extensions,
    start,
)


class TestTlslite:
    def test_intermediates(self) -> None:
        """TLS 1.3 has room for a staple on each certificate, and only those given are there."""
        third = response(CA, ROOT)
        for staples in [(GOOD, third), (None, third), (GOOD, None), (b"x", b"")]:
            client, session = TlsliteClient(), start("tlslite", replace(HONEST, staples=staples))
            pump(client, session)
            assert session.established
            assert session.staple_sent == staples[0]
            assert client.entries == [
                [] if staple is None else [(5, certificate_status(staple))] for staple in staples
            ]

    def test_tls_1_2_flight(self) -> None:
        """The ServerHello acknowledges, CertificateStatus follows Certificate at once."""
        for transport in TRANSPORTS:
            flight = first_flight(start(transport))
            kinds = [kind for kind, _ in flight]
            assert kinds == [2, 11, 22, 12, 14]
            assert flight[2][1] == certificate_status(GOOD)
            assert server_hello_extensions(flight[0][1]).count((5, b"")) == 1

    def test_tls_1_2_flight_without(self) -> None:
        """Not asked, or with nothing to give, it does neither."""
        nothing = replace(HONEST, staples=(None, GOOD))
        for session, ask in [(start("tlslite"), False), (start("tlslite", nothing), True)]:
            flight = first_flight(session, ask=ask)
            assert [kind for kind, _ in flight] == [2, 11, 12, 14]
            assert 5 not in [number for number, _ in server_hello_extensions(flight[0][1])]
            assert session.staple_sent is None

    def test_any_messages(self) -> None:
        """What is written for a staple is data, and goes out as it is."""
        entries = (((5, b"\1\0\0\1x"), (5, b"\1\0\0\1y")), ((4660, b"z"),))

        def odd(honest: StapleMessages) -> StapleMessages:
            return replace(
                honest,
                entries=entries,
                server_hello=((5, b""), (5, b"z")),
                certificate_status=b"\x02\0\0\xff!",
            )

        def session() -> Session:
            return TlsliteSession(HONEST, odd)

        flight = first_flight(session(), ask=False)
        assert flight[2] == (22, b"\x02\0\0\xff!")
        extensions = server_hello_extensions(flight[0][1])
        assert [found for found in extensions if found[0] == 5] == [(5, b""), (5, b"z")]
        client = TlsliteClient()
        pump(client, session())
        assert client.entries == [list(entry) for entry in entries]

    def test_honest_messages(self) -> None:
        """The honest messages are those of RFC 6066 and RFC 8446, and none for who did not ask."""

        def written(version: str, *staples: bytes | None, asked: bool = True) -> tuple[object, ...]:
            messages = staple_messages(CHAIN, staples, asked, version)
            assert messages.sent == (() if not asked or staples[:1] != (b"ab",) else (b"ab", None))
            return messages.entries, messages.server_hello, messages.certificate_status

        nothing = ((), (), None)
        assert written("TLSv1.3", b"ab") == ((((5, b"\1\0\0\2ab"),), ()), (), None)
        assert written("TLSv1.2", b"ab") == ((), ((5, b""),), b"\1\0\0\2ab")
        assert written("TLSv1.3") == written("TLSv1.3", None) == (((), ()), (), None)
        assert written("TLSv1.2") == written("TLSv1.2", None) == nothing
        for version in VERSIONS:
            assert written(version, b"ab", asked=False) == nothing

    def test_too_long_for_tls_1_3(self) -> None:
        """A staple that no CertificateEntry has room for fails with a reason."""
        long = replace(HONEST, staples=(bytes(65_528),))
        assert needs_tlslite(long.staples, leaf().der)
        session = start("tlslite", long)
        pump(OpenSSLClient(), session)
        assert session.alert_sent == "internal_error"
        assert session.error is not None
        assert "staples of 65536 octets in one block of TLSv1.3 extensions are too many" in session.error
        assert isinstance(session.failure, ValueError)
        longest = replace(HONEST, staples=(bytes(65_527),))
        assert given_to_leaf(start("tlslite", longest), "TLSv1.3") == bytes(65_527)
        assert given_to_leaf(start("tlslite", long), "TLSv1.2") == bytes(65_528)

    def test_too_long_for_any_message(self) -> None:
        """No length of three octets counts a staple of 16 MiB; the session fails with a reason."""
        session = start("tlslite", replace(HONEST, staples=(bytes(2**24),)))
        pump(OpenSSLClient("TLSv1.2"), session)
        assert str(session.failure) == (
            "no TLS message has room for a staple of 16777216 octets (RFC 6066 section 8)"
        )
        assert session.alert_sent == "internal_error"

    def test_ml_dsa(self) -> None:
        """A key tlslite does not know is refused with a sentence."""
        subject = leaf("ML-DSA-44")
        with pytest.raises(ValueError, match="tlslite has no MLDSA44PrivateKey"):
            TlsliteSession(Presentation((subject.der,), subject.key))
