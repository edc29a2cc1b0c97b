"""The WSGI application: through werkzeug's test client, and behind werkzeug's server for foreign clients."""

import base64
import contextlib
import http.client
import io
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from mockpki import PKI, Leaf, faults, wsgi
from mockpki._exchange.http import http_date
from tests.kit.programs import need, run

GOOD, REVOKED = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED
POST = {"content_type": "application/ocsp-request"}


def question(leaf: Leaf, issuer: x509.Certificate) -> bytes:
    """An OCSP request about *leaf*, as DER, by cryptography."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf.certificate, issuer, hashes.SHA256())
    return builder.build().public_bytes(Encoding.DER)


def status(response: TestResponse) -> ocsp.OCSPCertStatus:
    """What an OCSP answer says, after a look at how it came."""
    assert (response.status_code, response.mimetype) == (200, "application/ocsp-response")
    return ocsp.load_der_ocsp_response(response.data).certificate_status


@contextmanager
def served(app: Any) -> Iterator[str]:
    """*app* behind werkzeug's own server on loopback; the URL of its root."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class TestServices:
    def test_post(self, pki: PKI) -> None:
        """A posted question is answered from the ledger, and recorded."""
        client, leaf = Client(wsgi.application(pki)), pki.issue_cert("localhost")
        asked = question(leaf, pki.ca.certificate)
        assert status(client.post("/ocsp", data=asked, **POST)) is GOOD
        pki.revoke(leaf)
        assert status(client.post("/ocsp", data=asked, **POST)) is REVOKED
        pki.ocsp.assert_asked(leaf, times=2)
        last = pki.ocsp.requests[-1]
        assert (last.method, last.path, last.body, last.hash_algorithm) == ("POST", "/ocsp", asked, "sha256")
        assert last.headers["content-type"] == "application/ocsp-request"

    @pytest.mark.parametrize("safe", ["", "/", "/+="], ids=["all escaped", "slashes", "nothing escaped"])
    @pytest.mark.parametrize("prefix", ["/ocsp/", "/ocsp//"])
    def test_get(self, pki: PKI, safe: str, prefix: str) -> None:
        """A question in the path is found, whatever is escaped in it; slashes in it are left alone."""
        client = Client(wsgi.application(pki))
        leaf, encoded = _awkward(pki)
        response = client.get(prefix + quote(encoded, safe=safe))
        assert status(response) is GOOD
        pki.ocsp.assert_asked(leaf, times=1)
        assert pki.ocsp.requests[0].path == prefix + quote(encoded, safe=safe)

    def test_get_without_the_raw_path(self, pki: PKI) -> None:
        """A server that hands over nothing but PATH_INFO, unescaped, does as well."""
        app = wsgi.application(pki)
        leaf, encoded = _awkward(pki)

        def plain(environ: dict[str, Any], start_response: Any) -> Any:
            del environ["REQUEST_URI"], environ["RAW_URI"]
            return app(environ, start_response)

        assert status(Client(plain).get(f"/ocsp/{quote(encoded, safe='')}")) is GOOD
        pki.ocsp.assert_asked(leaf, times=1)
        assert pki.ocsp.requests[0].path == f"/ocsp/{encoded}"

    def test_files(self, pki: PKI) -> None:
        """The CRL and the issuer's certificate are served with their types, and recorded."""
        client, leaf = Client(wsgi.application(pki)), pki.issue_cert("localhost")
        pki.revoke(leaf)
        crl, certificate = client.get("/ca.crl"), client.get("/ca.crt")
        assert (crl.mimetype, certificate.mimetype) == ("application/pkix-crl", "application/pkix-cert")
        listed = x509.load_der_x509_crl(crl.data)
        assert listed.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None
        assert certificate.data == pki.ca.der
        pki.crl.assert_asked(times=1)
        pki.ca.ca_issuers.assert_asked(times=1)

    def test_head(self, pki: PKI) -> None:
        """HEAD gets the headers of GET, and no body."""
        response = Client(wsgi.application(pki)).head("/ca.crt")
        assert (response.data, response.headers["Content-Length"]) == (b"", str(len(pki.ca.der)))

    def test_root(self, pki: PKI) -> None:
        """The application of one CA speaks for that CA alone."""
        client = Client(wsgi.application(pki.root))
        assert client.get("/ca.crt").data == pki.root.der
        leaf = pki.issue_cert("localhost")
        response = client.post("/ocsp", data=question(leaf, pki.ca.certificate), **POST)
        unauthorized = ocsp.OCSPResponseStatus.UNAUTHORIZED
        assert ocsp.load_der_ocsp_response(response.data).response_status is unauthorized
        pki.ocsp.assert_not_asked()


def _awkward(pki: PKI) -> tuple[Leaf, str]:
    """A leaf, and the base-64 of a question about it that has a plus, a slash and two slashes in a row."""
    # Three octets of 0xFF in a row hold two slashes, 0xFB 0xEF 0xBE hold pluses; and this is so wherever
    # they come to lie among groups of three.
    serial = int.from_bytes(b"\x55\xff\xff\xff" + b"\xff\xfb\xef\xbe" * 4)
    leaf = pki.issue_cert("localhost", serial_number=serial)
    encoded = base64.b64encode(question(leaf, pki.ca.certificate)).decode()
    assert "//" in encoded
    assert "+" in encoded
    return leaf, encoded


@pytest.mark.parametrize("tail", ["", "/", "?tenant=7", "/?tenant=7", "?a=/Mx&b=1", "?", "?a=1/", ";v=1"])
@pytest.mark.parametrize("told", ["REQUEST_URI", "RAW_URI", None])
def test_a_responder_whose_url_has_a_query(pki: PKI, tail: str, told: str | None) -> None:
    """The request is the URL and what follows, whether the server tells the target or its parts."""
    leaf, encoded = _awkward(pki)
    if tail == ";v=1":
        tail = "/;v=1"
    for escaped in (quote(encoded, safe=""), encoded):
        target = f"/ocsp{tail}/{escaped}"
        told_too = {} if told is None else {told: target}
        response = Client(wsgi.application(pki)).get(target, environ_overrides=told_too)
        assert status(response) is GOOD
    assert pki.ocsp.requests[-1].serials == (leaf.serial_number,)


@pytest.mark.parametrize("code", [204, 205, 304])
def test_a_status_without_content_has_none(pki: PKI, code: int) -> None:
    """Behind WSGI, too, HTTP is obeyed, and a lie about the length is left to whoever tells it."""
    app = wsgi.application(pki)
    with (
        pki.crl.respond_with(faults.HttpStatus(code)),
        served(app) as url,
        contextlib.closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)) as client,
    ):
        client.request("GET", "/ca.crl")
        response = client.getresponse()
        assert (response.status, response.read()) == (code, b"")
    assert Client(app).get("/ca.crl").status_code == 200


class TestFaults:
    def test_answers(self, pki: PKI) -> None:
        """Faults of HTTP and of the content arrive, for one certificate or all; then it is honest again."""
        client = Client(wsgi.application(pki))
        leaf, other = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        with pki.ocsp.respond_with(faults.HttpStatus(503, b"busy"), to=leaf):
            response = client.post("/ocsp", data=question(leaf, pki.ca.certificate), **POST)
            assert (response.status, response.data) == ("503 SERVICE UNAVAILABLE", b"busy")
            assert status(client.post("/ocsp", data=question(other, pki.ca.certificate), **POST)) is GOOD
        assert status(client.post("/ocsp", data=question(leaf, pki.ca.certificate), **POST)) is GOOD
        assert pki.ocsp.requests[0].faults == (faults.HttpStatus(503, b"busy"),)

    def test_script(self, pki: PKI) -> None:
        """A script is used up by requests that come this way."""
        client = Client(wsgi.application(pki))
        pki.crl.script([faults.Garbage(b"one")], [faults.Garbage(b"two")])
        assert [client.get("/ca.crl").data for _ in range(2)] == [b"one", b"two"]
        assert x509.load_der_x509_crl(client.get("/ca.crl").data).issuer == pki.ca.certificate.subject

    @pytest.mark.parametrize("fault", [faults.Hang(), faults.Reset(), faults.Slow(), faults.Refused()])
    def test_transport(self, pki: PKI, fault: faults.Transport | faults.Listener) -> None:
        """What WSGI cannot carry is refused with a sentence, instead of an honest answer."""
        client = Client(wsgi.application(pki))
        with (
            pki.crl.respond_with(fault),
            pytest.raises(ValueError, match=r"bends the connection itself.*the service's own port"),
        ):
            client.get("/ca.crl")
        assert client.get("/ca.crl").status_code == 200


class TestRefusals:
    @pytest.mark.parametrize("path", ["/", "/ocspx", "/ca.crl/x", "/pki/ca.crl"])
    def test_wrong_path(self, pki: PKI, path: str) -> None:
        """Any other path is not found, with a sentence, and is no request to a service."""
        response = Client(wsgi.application(pki)).get(path)
        assert response.status_code == 404
        assert f"nothing is at {path}; there are /ocsp, /ca.crl and /ca.crt" in response.text
        assert not [*pki.ocsp.requests, *pki.crl.requests, *pki.ca.ca_issuers.requests]

    def test_method(self, pki: PKI) -> None:
        """The services refuse methods as they do on their own ports."""
        client = Client(wsgi.application(pki))
        assert (client.put("/ca.crl").status_code, client.put("/ocsp").status_code) == (405, 405)
        assert client.put("/ocsp").headers["Allow"] == "GET, HEAD, POST"

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/", 404),
            ("PUT", "/ca.crl", 405),
            ("DELETE", "/ocsp", 405),
            ("FOO", "/ca.crl", 501),
            ("PROPFIND", "/", 501),
            ("POST", "/ocsp", 413),
        ],
    )
    @pytest.mark.parametrize("whole", [True, False], ids=["a PKI", "a CA"])
    def test_what_is_refused_is_dated(
        self, pki: PKI, method: str, path: str, status: int, whole: bool
    ) -> None:
        """RFC 9110 section 6.6.1, by the PKI's clock; a method that nobody knows is 501, and no request."""
        pki.clock.shift(timedelta(days=400))
        pki.clock.stop()
        client = Client(wsgi.application(pki if whole else pki.ca))
        response = client.open(path, method=method, data=bytes(2 << 20) if status == 413 else b"")
        assert response.status_code == status
        assert response.headers["Date"] == http_date(pki.clock.now())
        asked = [*pki.ocsp.requests, *pki.crl.requests, *pki.ca.ca_issuers.requests]
        assert len(asked) == (status == 405)

    @pytest.mark.parametrize("announced", [True, False], ids=["Content-Length", "chunked"])
    def test_large_body(self, pki: PKI, announced: bool) -> None:
        """A body beyond any OCSP request is not read; one within is malformed, and recorded."""
        client = Client(wsgi.application(pki))

        def post(size: int) -> TestResponse:
            length = size if announced else None
            body = io.BytesIO(bytes(size))
            return client.post(
                "/ocsp", input_stream=body, content_length=length,
                environ_overrides={"wsgi.input_terminated": True}, **POST,
            )  # fmt: skip

        assert post((1 << 20) + 1).status_code == 413
        pki.ocsp.assert_not_asked()
        malformed = ocsp.load_der_ocsp_response(post(1 << 20).data).response_status
        assert malformed is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
        assert len(pki.ocsp.requests[0].body) == 1 << 20

    def test_wrong_argument(self, pki: PKI) -> None:
        """Only a PKI or a CA has services."""
        leaf: Any = pki.issue_cert("localhost")
        with pytest.raises(
            TypeError, match=r"takes a PKI, or one of its CAs or CRL issuers; got <Leaf localhost"
        ):
            wsgi.application(leaf)
        assert repr(wsgi.application(pki)) == f"<Application of {pki.ca!r}>"


class TestRealServer:
    def test_openssl(self, pki: PKI) -> None:
        """openssl ocsp believes the answers, mounted below a prefix of a user's own server."""
        openssl, leaf = need("openssl"), pki.issue_cert("localhost")
        with served(DispatcherMiddleware(Response("other"), {"/pki": wsgi.application(pki)})) as url:
            ask = (
                openssl, "ocsp", "-issuer", pki.ca.cert_file, "-cert", leaf.cert_file,
                "-url", f"{url}/pki/ocsp", "-CAfile", pki.ca_file, "-verify_other", pki.ca.cert_file,
            )  # fmt: skip
            good = run(*ask)
            pki.revoke(leaf, "key_compromise")
            revoked = run(*ask)
        assert "Response verify OK" in good.stderr
        assert f"{leaf.cert_file}: good" in good.stdout
        assert f"{leaf.cert_file}: revoked" in revoked.stdout
        assert [request.path for request in pki.ocsp.requests] == ["/pki/ocsp"] * 2
        assert pki.ocsp.requests[0].client.startswith("127.0.0.1:")

    def test_urllib(self, pki: PKI) -> None:
        """GET with every escape, a fault, and a wrong path, over a real connection."""
        leaf, encoded = _awkward(pki)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with served(wsgi.application(pki)) as url:
            with opener.open(f"{url}/ocsp/{quote(encoded, safe='')}") as response:
                assert ocsp.load_der_ocsp_response(response.read()).certificate_status is GOOD
            with (
                pki.crl.respond_with(faults.HttpStatus(500)),
                pytest.raises(urllib.error.HTTPError) as failed,
            ):
                opener.open(f"{url}/ca.crl")
            failed.value.close()
            with pytest.raises(urllib.error.HTTPError) as missing:
                opener.open(f"{url}/nothing")
            missing.value.close()
        assert (failed.value.code, missing.value.code) == (500, 404)
        assert pki.ocsp.requests[0].path == f"/ocsp/{quote(encoded, safe='')}"
        pki.ocsp.assert_asked(leaf, times=1)
        pki.crl.assert_asked(times=1)
