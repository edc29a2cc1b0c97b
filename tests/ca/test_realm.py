"""What the authorities of one PKI share: ports, the end, and names that are unlike."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mockpki import PKI
from mockpki._ca.options import CAOptions
from mockpki._ca.realm import Realm
from mockpki._engine.listener import start_all
from mockpki._engine.loop import Engine
from mockpki._pkix.keys import KeyType
from mockpki._services.files import CertificateFile
from tests.kit.asking import connect, send


@pytest.fixture
def realm() -> Iterator[Realm]:
    """One without a CA."""
    realm = Realm(Engine.acquire(), "127.0.0.1", CAOptions(KeyType.ED25519, False, False))
    yield realm
    if not realm.closed:
        realm.close()


def file(realm: Realm) -> CertificateFile:
    """A service of its own."""
    return CertificateFile("file under test", realm.clock, realm.problems, b"the file")


def test_a_service_has_its_port_before_it_answers(realm: Realm) -> None:
    """Its URL can be written into certificates at once; requests are answered from the start on."""
    service = file(realm)
    listener = realm.serve(service)
    assert service.url == f"http://127.0.0.1:{listener.port}/ca.crt"
    realm.engine.call(start_all, [listener])
    assert send(service.url).body == b"the file"
    service.assert_asked(times=1)


def test_closing_goes_on_whatever_fails(realm: Realm) -> None:
    """A server that fails to close keeps no port and no file from being given back."""

    class Broken:
        """What cannot be closed."""

        last_number = 0

        def since(self, number: int) -> list[object]:
            """Nobody came."""
            return []

        def drop(self) -> None:
            """Fail."""
            raise ZeroDivisionError

        def reset(self) -> None:
            """Nobody asks for it."""

        def join(self) -> None:
            """Fail again."""
            raise ZeroDivisionError

    service = file(realm)
    realm.engine.call(start_all, [realm.serve(service)])
    realm.servers.append(Broken())
    with pytest.raises(ZeroDivisionError):
        realm.close()
    with pytest.raises(ConnectionRefusedError):
        connect(service.url)
    for use in (realm.require_open, lambda: realm.folder.write("a", b"")):
        with pytest.raises(ValueError, match="closed"):
            use()


@pytest.mark.parametrize(("host", "written"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_an_address_in_a_url(realm: Realm, host: str, written: str) -> None:
    """IPv6 stands in brackets (RFC 3986 section 3.2.2)."""
    realm.host = host
    assert realm.url_host == written


def test_no_two_realms_are_alike(realm: Realm) -> None:
    """What is in every name of a PKI is in no other's."""
    with PKI() as pki:
        assert pki._realm.tag != realm.tag
        assert pki._realm.tag in pki.ca.common_name


def test_no_two_leaves_have_one_number() -> None:
    """However many threads issue at the same time, every subject is another."""
    with PKI(key_type="Ed25519") as pki, ThreadPoolExecutor(8) as threads:
        leaves = list(threads.map(lambda _: pki.issue_cert("localhost"), range(64)))
    assert len({leaf.certificate.subject for leaf in leaves}) == 64
