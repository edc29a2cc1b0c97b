"""A server of one's own in Python that really staples, and the fixture that tests it.

pyOpenSSL has the callback: `Context.set_ocsp_server_callback`. What remains is what every stapling server
has to do: ask the responder that the certificate names, look at what came, keep it, and ask again in time.
"""

import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder, OCSPResponseStatus, load_der_ocsp_response
from OpenSSL import SSL

from mockpki import PKI, Leaf, faults, relying_party


class Staples:
    """What the server has to staple: fetched when there is none, and again at half its life."""

    def __init__(self, leaf: Leaf, now: Callable[[], datetime]) -> None:
        self._leaf, self._now = leaf, now
        self._answer = b""
        self._refresh = self._end = now()

    def find(self) -> bytes:
        """The staple for a handshake; empty for none."""
        if self._now() >= self._refresh:
            self._fetch()
        return self._answer if self._now() < self._end else b""

    def _fetch(self) -> None:
        certificate, issuer = self._leaf.certificate, self._leaf.issuer.certificate
        names = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        url = next(one.access_location.value for one in names if one.access_method._name == "OCSP")
        question = OCSPRequestBuilder().add_certificate(certificate, issuer, SHA1()).build()
        request = urllib.request.Request(
            url, question.public_bytes(Encoding.DER), {"Content-Type": "application/ocsp-request"}
        )
        try:
            with urllib.request.urlopen(request, timeout=1) as response:
                answer = response.read()
            parsed = load_der_ocsp_response(answer)
            if parsed.response_status is not OCSPResponseStatus.SUCCESSFUL:
                raise ValueError(parsed.response_status)
        except (OSError, ValueError):
            # An answer that is still good is better than none.
            return
        assert parsed.next_update_utc is not None
        self._answer, self._end = answer, parsed.next_update_utc
        self._refresh = parsed.this_update_utc + (parsed.next_update_utc - parsed.this_update_utc) / 2


@contextmanager
def serve(leaf: Leaf, staples: Staples) -> Iterator[int]:
    """The server, on a thread of its own; its port."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    leaf.configure_cert(context)
    context.set_ocsp_server_callback(lambda connection, data: staples.find())
    listener = socket.create_server(("127.0.0.1", 0))

    def take_connections() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            connection = SSL.Connection(context, plain)
            connection.set_accept_state()
            try:
                connection.do_handshake()
                connection.shutdown()
            except SSL.Error:
                pass
            finally:
                plain.close()

    thread = threading.Thread(target=take_connections)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def staple_of(pki: PKI, port: int) -> bytes | None:
    """What a client is given that wants a staple and asks nobody."""
    policy = replace(relying_party.SOFT_FAIL, sources=("staple",))
    return relying_party.check(
        "127.0.0.1", port, ca=pki.ca_file, server_name="localhost", policy=policy
    ).staple


def test_it_fetches_keeps_and_refreshes(pki: PKI) -> None:
    """One fetch serves many clients; at half the answer's life comes the next; an outage is lived through."""
    leaf = pki.issue_cert("localhost", must_staple=True)
    with serve(leaf, Staples(leaf, pki.clock.now)) as port:
        first = staple_of(pki, port)
        assert first is not None
        assert staple_of(pki, port) == first
        pki.ocsp.assert_asked(leaf, times=1)
        pki.clock.shift(timedelta(days=4))
        second = staple_of(pki, port)
        assert second not in (None, first)
        pki.ocsp.assert_asked(leaf, times=2)
        with pki.ocsp.respond_with(faults.Refused()):
            pki.clock.shift(timedelta(days=4))
            assert staple_of(pki, port) == second
            # Longer than an answer's life: what is over is not stapled.
            pki.clock.shift(timedelta(days=4))
            assert staple_of(pki, port) is None
        assert staple_of(pki, port) not in (None, second)


@pytest.mark.parametrize(
    "fault", [faults.TryLater(), faults.HttpStatus(500), faults.Garbage(), faults.Reset()]
)
def test_what_cannot_be_used_is_not_stapled(fault: faults.TryLater, pki: PKI) -> None:
    """An error of the responder's reaches no client, and the next one gets a good staple."""
    leaf = pki.issue_cert("localhost")
    with serve(leaf, Staples(leaf, pki.clock.now)) as port:
        with pki.ocsp.respond_with(fault):
            assert staple_of(pki, port) is None
        assert staple_of(pki, port) is not None
