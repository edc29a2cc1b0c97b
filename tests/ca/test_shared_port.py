"""One port for the services of many CAs, each below a path of its own."""

import gc
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from mockpki import PKI, SharedPort, crlite, faults, relying_party, sequences
from mockpki._exchange.http import url_with_question
from mockpki._pkix.reading import load_certificate
from tests.kit.asking import cert_id, connect, post, question, send, statuses
from tests.kit.programs import need, run


@pytest.fixture(scope="module")
def shared() -> Iterator[SharedPort]:
    """One for all tests."""
    with SharedPort() as shared:
        yield shared


@pytest.fixture
def pki(shared: SharedPort) -> Iterator[PKI]:
    """One on it."""
    with PKI(services=shared) as pki:
        yield pki


def test_all_services_of_all_cas_are_on_it(shared: SharedPort, pki: PKI) -> None:
    """Of several PKIs: certificates say where, and each is asked for its own and keeps its own evidence."""
    with PKI(services=shared, depth=2) as other:
        certificates = []
        for one in (pki, other):
            leaf = one.issue_cert("localhost")
            certificates.append(leaf)
            tag = one._realm.tag
            for number, ca in enumerate(one.cas):
                base = f"{shared.url}/{tag}-{number}"
                urls = (ca.ocsp.url, ca.crl.url, ca.ca_issuers.url)
                assert urls == (f"{base}/ocsp", f"{base}/ca.crl", f"{base}/ca.crt")
                assert send(ca.ca_issuers.url).body == ca.der
                crl = x509.load_der_x509_crl(send(ca.crl.url).body)
                assert crl.issuer == ca.certificate.subject
            assert relying_party.responders(leaf.certificate) == (one.ocsp.url,)
        for one, leaf in zip((pki, other), certificates, strict=True):
            assert statuses(post(one.ocsp.url, question(cert_id(leaf))).body) == ["good"]
            assert statuses(send(url_with_question(one.ocsp.url, question(cert_id(leaf)))).body) == ["good"]
            one.ocsp.assert_asked(leaf, times=2)
            one.crl.assert_asked(times=1)
        # What is asked at another's path is another's answer.
        wrong = post(pki.ocsp.url, question(cert_id(certificates[1]))).body
        assert wrong == bytes([0x30, 3, 0x0A, 1, 6])  # unauthorized
    assert send(pki.ca.ca_issuers.url).status == 200


def test_lists_of_a_schedule_are_found(shared: SharedPort) -> None:
    """Shards, lists of CAs and deltas have paths of their own below that of their CA."""
    for name in ("lets-encrypt", "ad-cs"):
        with PKI(services=shared, publishes=name) as pki:
            leaf = pki.issue_cert("localhost")
            for file in pki.crl.files:
                assert file.url.startswith(f"{shared.url}/{pki._realm.tag}-1/")
                assert send(file.url).body == file.der
            pki.revoke(leaf, "key_compromise")
            assert pki.crl.files


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/x",
        "/x/ocsp",
        "/{name}",
        "/{name}/",
        "/{name}/ca.cr",
        "/{name}/OCSP",
        "/{name}x/ocsp",
        "//{name}/ocsp",
    ],
)
def test_what_is_nobodys_is_not_found(shared: SharedPort, pki: PKI, path: str) -> None:
    """404, with a sentence; nobody's evidence has it."""
    name = f"{pki._realm.tag}-1"
    target = path.format(name=name) or "*"
    with connect(shared.url) as client:
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.split()[1] in (b"404", b"400")
    assert b"200 OK" not in answer
    assert pki.ocsp.requests == []


def test_a_target_may_be_absolute(shared: SharedPort, pki: PKI) -> None:
    """As to a proxy (RFC 9112 section 3.2.2), and with a query."""
    with connect(shared.url) as client:
        target = pki.ca.ca_issuers.url + "?x=/y"
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.endswith(pki.ca.der)


WAYS: dict[str, Callable[[PKI, Any], object]] = {
    "respond_with": lambda pki, fault: pki.ocsp.respond_with(fault),
    "with another": lambda pki, fault: pki.ocsp.respond_with(faults.Good(), fault),
    "to=": lambda pki, fault: pki.ocsp.respond_with(fault, to=5),
    "script": lambda pki, fault: pki.ocsp.script([], [fault]),
    "respond_by": lambda pki, fault: pki.ocsp.respond_by(sequences.EveryNth(2, fault)),
    "CRL": lambda pki, fault: pki.crl.respond_with(fault),
    "CRL script": lambda pki, fault: pki.crl.script(fault),
    "file": lambda pki, fault: pki.ca.ca_issuers.respond_with(fault),
    "root": lambda pki, fault: pki.root.ocsp.respond_with(fault),
    "filters": lambda pki, fault: pki.crlite.respond_with(fault),
    "filters script": lambda pki, fault: pki.crlite.script(fault),
}


@pytest.mark.parametrize("fault", [faults.Refused(), faults.SlowAccept()], ids=repr)
def test_faults_of_the_port_are_nobodys(shared: SharedPort, pki: PKI, fault: Any) -> None:
    """Whichever way they are asked for: a sentence, nothing is half-set, and the port takes connections."""
    leaf = pki.issue_cert("localhost")
    pki.ocsp.respond_with(faults.Unknown())
    for ask in WAYS.values():
        with pytest.raises(ValueError, match="has no port of its own that could refuse a connection"):
            ask(pki, fault)
        assert pki.ocsp.unused() is None
        assert statuses(post(pki.ocsp.url, question(cert_id(leaf))).body) == ["unknown"]
        assert send(pki.crl.url).status == 200
    # One that turns up when a request is there is an error of the test's own.
    pki.ocsp.respond_by(lambda incoming: [fault])
    assert post(pki.ocsp.url, question(cert_id(leaf))).status == 500
    with pytest.raises(ValueError, match="has no port of its own"):
        pki.check()


def test_filters_are_on_it(shared: SharedPort) -> None:
    """Below a path of their own, which opens no other port: lists, files and evidence are each PKI's own."""
    with PKI(services=shared, logged=True) as pki, PKI(services=shared, logged=True) as other:
        assert pki._realm.listeners == other._realm.listeners == []
        leaf = pki.issue_cert("localhost")
        for one in (pki, other):
            assert one.crlite.url.startswith(f"{shared.url}/{one._realm.tag}-")
            one.crlite.publish()
            for path in ("manifest.json", "v1/buckets/security-state/collections/cert-revocations/records"):
                answer = send(one.crlite.url + path)
                assert (answer.status, one.crlite.files[0].name.encode() in answer.body) == (200, True)
            assert tuple(send(file.url).body for file in one.crlite.files) == one.crlite.filters
            one.crlite.assert_asked(one.crlite.files[0], times=1)
            one.crlite.assert_asked(times=3)
        # What is made there is of each alone.
        assert pki.crlite.check(leaf) is crlite.Status.GOOD
        assert pki.crlite.filters != other.crlite.filters
        url = pki.crlite.url
    assert send(f"{url}manifest.json").status == 404


def test_nobody_waits_for_a_fault_to_have_filters_on_it(shared: SharedPort) -> None:
    """They are asked for while a fault of the test's own keeps the port, and then by that fault, too."""
    with PKI(services=shared) as pki, ThreadPoolExecutor() as threads:
        began, go, urls = threading.Event(), threading.Event(), list[str]()

        def choose(incoming: sequences.Incoming) -> list[Any]:
            began.set()
            go.wait()
            urls.append(pki.crlite.url)
            return []

        pki.crl.respond_by(choose)
        answer = threads.submit(send, pki.crl.url)
        try:
            began.wait()
            url = pki.crlite.url
        finally:
            go.set()
        assert (answer.result().status, urls) == (200, [url])
        assert send(f"{url}manifest.json").status == 200


@pytest.mark.slow
def test_programs_of_others_find_it(pki: PKI, tmp_path: Path) -> None:
    """OpenSSL asks by what stands in the certificate and believes the answer; curl fetches the CRL there."""
    leaf = pki.issue_cert("localhost")
    (url,) = relying_party.responders(leaf.certificate)
    ask = (
        need("openssl"), "ocsp", "-issuer", pki.ca.cert_file, "-cert", leaf.cert_file, "-url", url,
        "-CAfile", pki.ca_file, "-verify_other", pki.ca.cert_file,
    )  # fmt: skip
    good = run(*ask)
    pki.revoke(leaf, "key_compromise")
    revoked = run(*ask)
    assert "Response verify OK" in good.stderr
    assert f"{leaf.cert_file}: good" in good.stdout
    assert f"{leaf.cert_file}: revoked" in revoked.stdout
    (where,) = relying_party.crl_urls(leaf.certificate)
    fetch = (need("curl"), "-sSf", "-o", tmp_path / "crl", where)
    assert run(*fetch).returncode == 0
    crl = x509.load_der_x509_crl((tmp_path / "crl").read_bytes())
    assert crl.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None
    with pki.crl.respond_with(faults.Reset()):
        assert "reset" in run(*fetch).stderr
    pki.ocsp.assert_asked(leaf, times=2)
    pki.crl.assert_asked(times=2)


def test_faults_of_the_connection_are_had(shared: SharedPort, pki: PKI) -> None:
    """It is the client's own; the clients of others notice nothing."""
    target = urlsplit(pki.crl.url).path

    def ask() -> socket.socket:
        client = connect(shared.url)
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        return client

    with pki.crl.respond_with(faults.Reset()), ask() as client, pytest.raises(ConnectionResetError):
        client.recv(1)
    with pki.crl.respond_with(faults.Hang()), ask() as client, PKI(services=shared) as other:
        pki.crl.wait_for_request()
        assert send(other.ca.ca_issuers.url).status == 200
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(1)
    with pki.crl.respond_with(faults.Drip(bytes_per_second=100_000)):
        assert x509.load_der_x509_crl(send(pki.crl.url).body).issuer == pki.ca.certificate.subject
    with pki.crl.respond_with(faults.HttpStatus(503)):
        assert send(pki.crl.url).status == 503


def test_a_pki_that_ends_takes_its_clients_along(shared: SharedPort, pki: PKI) -> None:
    """Whoever waits for it is hung up on, and others go on; a CA that is closed likewise."""

    def hang(one: Any) -> socket.socket:
        one.respond_with(faults.Hang())
        client = connect(one.url)
        client.sendall(f"GET {urlsplit(one.url).path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        one.wait_for_request()
        return client

    with PKI(services=shared) as other:
        ca = other.root.create_child_ca()
        waiting = [hang(other.crl), hang(ca.crl)]
        with hang(pki.crl) as going_on:
            ca.close()
            with pytest.raises(ConnectionResetError):
                waiting[1].recv(1)
            assert send(ca.ca_issuers.url).status == 404
            url = other.ca.ca_issuers.url
            assert send(url).status == 200
            other.close()
            with pytest.raises(ConnectionResetError):
                waiting[0].recv(1)
            assert send(url).status == 404
            going_on.settimeout(0.05)
            with pytest.raises(TimeoutError):
                going_on.recv(1)
    for client in waiting:
        client.close()


def test_its_number_and_its_end() -> None:
    """A number that was asked for is had; one that is taken is told; closed, it is free, and takes no PKI."""
    with SharedPort() as first:
        assert repr(first) == f"<SharedPort http://127.0.0.1:{first.port}>"
        with pytest.raises(OSError, match=r"in use") as raised:
            SharedPort(first.port)
        assert "cannot be had" in raised.value.__notes__[0]
        with PKI(services=first) as pki:
            url = pki.crl.url
            first.close()
            first.close()
            with pytest.raises(ConnectionRefusedError):
                send(url)
            assert pki.crl.requests == []
            pki.root.close()
    with SharedPort(first.port, host="localhost") as again:
        assert again.url == f"http://localhost:{first.port}"
    for use in (lambda: PKI(services=first), first.__enter__):
        with pytest.raises(ValueError, match=r"<SharedPort .*, closed> is closed"):
            use()
    for host in ("0.0.0.0", "example.test"):
        with pytest.raises(ValueError, match="is not a loopback address"):
            SharedPort(host=host)


def test_a_fault_cannot_close_it(shared: SharedPort, pki: PKI) -> None:
    """It would wait for itself."""

    def close(incoming: object) -> list[Any]:
        shared.close()
        return []

    pki.crl.respond_by(close)
    assert send(pki.crl.url).status == 500
    with pytest.raises(RuntimeError, match="cannot be closed by one of its services"):
        pki.check()
    assert send(shared.url + "/").status == 404


def test_a_pki_on_it_takes_no_descriptor(shared: SharedPort) -> None:
    """Neither does a second, nor its CAs, opened by several threads at once; and nothing is left of them."""
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("no /proc here")
    gc.collect()
    with PKI(services=shared):
        before = len(os.listdir(folder))
        with ThreadPoolExecutor(4) as pool:
            many = list(pool.map(lambda _: PKI(services=shared, key_type="Ed25519"), range(12)))
        assert len({pki.crl.url for pki in many}) == 12
        assert all(load_certificate(send(pki.ca.ca_issuers.url).body) for pki in many)
        # With ports of their own it were eight for each; a client that has just gone may still have one.
        shared.engine.settle()
        assert len(os.listdir(folder)) < before + len(many)
        for pki in many:
            pki.close()
    assert shared._mounts == {}
