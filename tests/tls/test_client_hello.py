"""The ClientHello reader, against real ClientHellos and against damaged ones."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from mockpki._pkix.keys import KeyType, stranger
from mockpki._tls.client_hello import ClientHello, ClientHelloReader, read_client_hello
from mockpki._tls.signing import can_use
from tests.kit.tls_octets import handshake_records, opaque


def extension(number: int, content: bytes) -> bytes:
    """An extension of that number."""
    return number.to_bytes(2) + opaque(2, content)


def body(
    *extensions: bytes,
    version: bytes = b"\3\3",
    session_id: bytes = b"",
    suites: bytes = b"\x13\x01",
    compression: bytes = b"\0",
    end: bytes = b"",
) -> bytes:
    """A ClientHello's body, with an extension block if there are extensions."""
    block = opaque(2, b"".join(extensions)) if extensions else b""
    fields = opaque(1, session_id) + opaque(2, suites) + opaque(1, compression)
    return version + bytes(32) + fields + block + end


def message(content: bytes) -> bytes:
    """A handshake message that says it is a ClientHello."""
    return b"\1" + opaque(3, content)


def hello(*extensions: bytes) -> bytes:
    """A ClientHello with these extensions, in one record."""
    return handshake_records(message(body(*extensions)))


def from_openssl(
    *, status: bool = True, alpn: tuple[bytes, ...] = (b"h2", b"http/1.1"), name: bytes = b"a.test"
) -> bytes:
    """What pyOpenSSL's client sends first."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if alpn:
        context.set_alpn_protos(list(alpn))
    connection = SSL.Connection(context, None)
    connection.set_connect_state()
    if name:
        connection.set_tlsext_host_name(name)
    if status:
        connection.request_ocsp()
    with pytest.raises(SSL.WantReadError):
        connection.do_handshake()
    return connection.bio_read(2**16)


def from_python(maximum: ssl.TLSVersion) -> bytes:
    """What Python's ssl module sends first."""
    context = ssl.create_default_context()
    context.maximum_version = maximum
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="b.test")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


STATUS_REQUEST = extension(5, b"\1" + opaque(2, b"") + opaque(2, b""))
NAME = extension(0, opaque(2, b"\0" + opaque(2, b"c.test")))
PROTOCOLS = extension(16, opaque(2, opaque(1, b"h2") + opaque(1, b"\xaa")))
SKIPPED = {
    "no protocols": extension(16, b"\0\0"),
    "empty protocol": extension(16, b"\0\2\0\0"),
    "after the protocols": extension(16, b"\0\2\1hx"),
    "no versions": extension(43, b"\0"),
    "half a version": extension(43, b"\3\3\4\3"),
    "after the versions": extension(43, b"\2\3\4x"),
}
EVERYTHING = hello(NAME, STATUS_REQUEST, PROTOCOLS, extension(17, b""), extension(43, b"\2\3\4"))


class TestRealClients:
    def test_openssl_with_everything(self) -> None:
        """A pyOpenSSL client's wishes are all read."""
        assert read_client_hello(from_openssl()) == ClientHello(server_name="a.test", staple_requested=True)

    def test_openssl_with_nothing(self) -> None:
        """The same client without the wishes has none, so the above is not an accident."""
        assert read_client_hello(from_openssl(status=False, alpn=(), name=b"")) == ClientHello()

    def test_python_up_to_tls_1_3(self) -> None:
        """Python's ssl asks for no staple where it offers TLS 1.3."""
        found = read_client_hello(from_python(ssl.TLSVersion.TLSv1_3))
        assert found is not None
        assert (found.server_name, found.staple_requested) == ("b.test", False)

    def test_python_up_to_tls_1_2(self) -> None:
        """Nor where it offers TLS 1.2 alone, and has no supported_versions."""
        found = read_client_hello(from_python(ssl.TLSVersion.TLSv1_2))
        assert found is not None
        assert (found.server_name, found.staple_requested) == ("b.test", False)


class TestPieces:
    def test_every_split(self) -> None:
        """No prefix is enough or is refused, and what follows the message is ignored."""
        data = from_openssl()
        assert [read_client_hello(data[:end]) for end in range(len(data))] == [None] * len(data)
        assert read_client_hello(data) is not None
        assert read_client_hello(data + b"\x17\3\3 anything") == read_client_hello(data)

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 50])
    def test_several_records(self, size: int) -> None:
        """A message may be cut over records anywhere, also within its own header."""
        content = message(body(NAME, STATUS_REQUEST))
        whole = read_client_hello(handshake_records(content))
        assert whole == ClientHello("c.test", True)
        assert read_client_hello(handshake_records(content, size)) == whole
        assert read_client_hello(handshake_records(content, size)[:-1]) is None

    def test_no_extension_block(self) -> None:
        """Extensions may be left out altogether."""
        assert read_client_hello(handshake_records(message(body()))) == ClientHello()

    def test_large_but_allowed(self) -> None:
        """A ClientHello of many records is read up to the bound."""
        assert read_client_hello(hello(NAME, extension(60_000, bytes(60_000)))) == ClientHello("c.test")


class TestExtensions:
    def test_everything(self) -> None:
        """Each extension that is read ends in its own field."""
        assert read_client_hello(EVERYTHING) == ClientHello(server_name="c.test", staple_requested=True)

    def test_other_status_type(self) -> None:
        """A status request that is not for OCSP asks for no staple, whatever is in it."""
        found = read_client_hello(hello(extension(5, b"\2 whatever")))
        assert found == ClientHello()

    def test_other_name_type(self) -> None:
        """A name that is not a host name is passed over, and the host name after it found."""
        strange = b"\7" + opaque(2, b"strange")
        host = b"\0" + opaque(2, b"c.test")
        assert read_client_hello(hello(extension(0, opaque(2, strange)))) == ClientHello()
        found = read_client_hello(hello(extension(0, opaque(2, strange + host))))
        assert found == ClientHello("c.test")

    def test_unknown_versions(self) -> None:
        """Versions without a name, such as GREASE, are no reason to refuse it."""
        offered = extension(43, opaque(1, b"\x7a\x7a\3\4\3\1\3\2"))
        found = read_client_hello(hello(offered))
        assert found == ClientHello()
        assert read_client_hello(handshake_records(message(body(version=b"\x7f\x1c")))) == ClientHello()

    @pytest.mark.parametrize("name", SKIPPED)
    def test_skipped(self, name: str) -> None:
        """An extension that nothing here has a use for is the TLS library's to judge, however odd."""
        assert read_client_hello(hello(NAME, SKIPPED[name], STATUS_REQUEST)) == ClientHello("c.test", True)


NAMES = b"\0" + opaque(2, b"c.test")
# A ClientHello that is odd in one field, and what is read in all others.
READ, NAMELESS, UNASKED = ClientHello("c.test", True), ClientHello(None, True), ClientHello("c.test", False)
ODD: dict[str, tuple[bytes, ClientHello]] = {
    "session identifier": (body(NAME, STATUS_REQUEST, session_id=bytes(33)), READ),
    "no suites": (body(NAME, STATUS_REQUEST, suites=b""), READ),
    "half a suite": (body(NAME, STATUS_REQUEST, suites=b"\1\2\3"), READ),
    "no compression": (body(NAME, STATUS_REQUEST, compression=b""), READ),
    "after the extensions": (body(NAME, STATUS_REQUEST, end=b"x"), READ),
    "block too long": (body(end=b"\xff\xff" + NAME + STATUS_REQUEST), READ),
    "block too short": (body(end=b"\0\1" + NAME), ClientHello()),
    "half a length": (body(end=b"\0"), ClientHello()),
    "an extension cut short": (body(NAME, STATUS_REQUEST, b"\0\x10\0\5x"), READ),
    "an extension of half a header": (body(NAME, STATUS_REQUEST, b"\0\x10\0"), READ),
    "a name twice": (body(NAME, extension(0, opaque(2, b"\0" + opaque(2, b"d.test"))), STATUS_REQUEST), READ),
    "a status request twice": (body(NAME, STATUS_REQUEST, STATUS_REQUEST), READ),
    "another twice": (body(NAME, PROTOCOLS, PROTOCOLS, STATUS_REQUEST), READ),
    "no names": (body(extension(0, b""), STATUS_REQUEST), NAMELESS),
    "an empty list of names": (body(extension(0, b"\0\0"), STATUS_REQUEST), NAMELESS),
    "an empty name": (body(extension(0, opaque(2, b"\0\0\0")), STATUS_REQUEST), NAMELESS),
    "a name not in ASCII": (body(extension(0, opaque(2, b"\0\0\1\xe4")), STATUS_REQUEST), NAMELESS),
    "a name with NUL": (body(extension(0, opaque(2, b"\0\0\3a\0b")), STATUS_REQUEST), NAMELESS),
    "a name with a space": (body(extension(0, opaque(2, b"\0\0\3a b")), STATUS_REQUEST), NAMELESS),
    "names cut short": (body(extension(0, b"\0\xff" + NAMES), STATUS_REQUEST), NAMELESS),
    "after the names": (body(extension(0, opaque(2, NAMES) + b"x"), STATUS_REQUEST), NAMELESS),
    "an empty status request": (body(extension(5, b""), NAME), UNASKED),
    "a short status request": (body(extension(5, b"\1\0\0\0"), NAME), UNASKED),
    "a long status request": (body(extension(5, b"\1\0\0\0\0x"), NAME), UNASKED),
    "no groups": (body(extension(10, b""), NAME, STATUS_REQUEST), READ),
    "half a group": (body(extension(10, b"\0\1\0"), NAME, STATUS_REQUEST), READ),
    "no algorithms": (body(extension(13, b""), NAME, STATUS_REQUEST), READ),
    "no versions": (body(extension(43, b""), NAME, STATUS_REQUEST), READ),
}


class TestOdd:
    @pytest.mark.parametrize("field", ODD)
    def test_the_others_are_read(self, field: str) -> None:
        """What is odd in one field hides no other; and a key is chosen by what is left."""
        content, expected = ODD[field]
        found = read_client_hello(handshake_records(message(content)))
        assert found == expected
        assert found.offer is not None
        kinds = (KeyType.P256, KeyType.RSA2048, KeyType.ED25519)
        for kind in kinds:
            for highest in ("TLSv1.2", "TLSv1.3"):
                assert can_use(found.offer, stranger(kind), highest) in (True, False)

    def test_they_are_read_in_pieces(self) -> None:
        """Octet by octet the same is read, and once only: a record of one octet after the other, too."""
        for content, expected in ODD.values():
            for size in (1, 1 << 14):
                reader = ClientHelloReader()
                *before, last = handshake_records(message(content), size)
                assert {reader.read(bytes([octet])) for octet in before} == {None}
                assert reader.read(bytes([last])) == expected


REFUSED = {
    "http": (b"GET / HTTP/1.1\r\n\r\n", "begins with the byte 22, but 71"),
    "one wrong byte": (b"\x15", "begins with the byte 22"),
    "wrong version": (b"\x16\2", "major version 3, but 2"),
    "empty record": (b"\x16\3\1\0\0", "cannot carry 0 bytes"),
    "long record": (b"\x16\3\1\x40\x01", "cannot carry 16385 bytes"),
    "server hello": (handshake_records(b"\2\0\0\0"), "of type 2"),
    "long message": (handshake_records(b"\1\2\0\1"), "131073 bytes is longer"),
    "endless": (handshake_records(b"\1" + opaque(3, bytes(130_000)), 4), "still not complete"),
    "empty body": (handshake_records(message(b"")), "cut short"),
    "cut in the suites": (handshake_records(message(body()[:-4])), "cut short"),
}


class TestRefused:
    @pytest.mark.parametrize("name", REFUSED)
    def test_sentence(self, name: str) -> None:
        """What is no ClientHello is refused with a sentence that says why."""
        data, reason = REFUSED[name]
        with pytest.raises(ValueError, match=reason) as caught:
            read_client_hello(data)
        assert str(caught.value)[0].islower()
        assert not str(caught.value).endswith(".")

    def test_second_record_of_another_kind(self) -> None:
        """Handshake records of one message cannot be interleaved with others."""
        first, second = (
            handshake_records(message(body()), 20)[:25],
            handshake_records(message(body()), 20)[25:],
        )
        assert read_client_hello(first + second) is not None
        with pytest.raises(ValueError, match="but 23 was received"):
            read_client_hello(first + b"\x17" + second[1:])

    @given(st.binary(max_size=200))
    def test_any_bytes(self, data: bytes) -> None:
        """Any bytes at all give a value, None or ValueError."""
        outcome(data)
        outcome(handshake_records(data) if data else b"")
        outcome(handshake_records(message(data)))

    @given(st.data())
    def test_mutations(self, data: st.DataObject) -> None:
        """A few bytes changed, added or removed give a value, None or ValueError."""
        mutated = bytearray(EVERYTHING)
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(0, len(mutated) - 1))
            mutated[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        outcome(bytes(mutated))


def outcome(data: bytes) -> ClientHello | str | None:
    """What `read` makes of *data*, a refusal as its sentence."""
    try:
        found = read_client_hello(data)
    except ValueError as error:
        return str(error)
    assert found is None or isinstance(found, ClientHello)
    return found
