"""What is measured, in processes of its own. Run as a script: ``python workers.py JOB [JSON]``.

A job is a class. Its arguments come as JSON on the command line; then each line on standard input,
``["method", {arguments}]``, is one call, answered by one line of JSON; the end of input ends the job.
This file is one script with no import of its own, since the peers' interpreters run it too.
"""

from __future__ import annotations

import contextlib
import gc
import http.client
import importlib
import json
import logging
import os
import random
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any


def _timed(times: int, function: Callable[[], object]) -> list[float]:
    """Seconds for each of *times* calls."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        function()
        taken.append(time.perf_counter() - begin)
    return taken


def _resident() -> int:
    """Octets of memory that this process has now."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def _peak() -> int:
    """Octets of memory that this process had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _post(port: int, path: str, body: bytes) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/ocsp-request"})
        return connection.getresponse().read()
    finally:
        connection.close()


# mockpki's own.


class Cycle:
    """PKI up, a leaf issued, an OCSP answer fetched, PKI down."""

    def _once(self) -> None:
        from mockpki import PKI
        from mockpki._pkix.ocsp_request import OCSPRequest

        with PKI() as pki:
            leaf = pki.issue_cert("localhost")
            question = OCSPRequest((pki.ca.ocsp._issuer.cert_id(leaf.serial_number),)).encode()
            assert len(_post(int(pki.ocsp.url.split(":")[2].split("/")[0]), "/ocsp", question)) > 200

    def run(self, times: int) -> list[float]:
        return _timed(times, self._once)


class Issue:
    """Leaves with every extension, must-staple among them."""

    def __init__(self) -> None:
        from mockpki import PKI

        self._pki = PKI()

    def run(self, times: int) -> list[float]:
        return _timed(times, lambda: self._pki.issue_cert("localhost", must_staple=True))


class Outage:
    """A port that refuses, and takes connections again."""

    def __init__(self) -> None:
        from mockpki import PKI, faults

        self._pki, self._refused = PKI(), faults.Refused()

    def run(self, times: int) -> list[float]:
        def once() -> None:
            with self._pki.ocsp.respond_with(self._refused):
                pass

        return _timed(times, once)


class Responder:
    """An OCSP responder over a ledger of *size* certificates, serial numbers from 2^64 on.

    *heap* is how many objects of others live in its process, as a test suite's do.
    """

    FIRST = 1 << 64

    def __init__(self, size: int = 10, heap: int = 0) -> None:
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        from mockpki import PKI

        self._heap = [[number] for number in range(heap)]
        self._collecting = self._began = 0.0
        gc.callbacks.append(self._watch_collector)
        self._pki = pki = PKI()
        pki.revoke(range(self.FIRST, self.FIRST + size), "key_compromise")
        self.about = {
            "port": int(pki.ocsp.url.split(":")[2].split("/")[0]),
            "path": "/ocsp",
            "size": size,
            "first": self.FIRST,
            "certificate": pki.ca.cert_pem.decode(),
            "key": pki.ca.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        }

    def where(self) -> dict[str, Any]:
        return self.about

    def _watch_collector(self, phase: str, told: dict[str, Any]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._began = now
        else:
            self._collecting += now - self._began

    def collecting(self) -> float:
        """Seconds that the garbage collector has taken since this was asked last."""
        seconds, self._collecting = self._collecting, 0.0
        return seconds

    def reset(self) -> int:
        """Forget the evidence, which a load of a hundred thousand requests makes big; how much there was."""
        count = self._pki.ocsp._log.count
        self._pki.ocsp.reset()
        gc.collect()
        return count

    def idle(self, seconds: float) -> float:
        """CPU seconds used while nothing is asked."""
        begin = time.process_time()
        time.sleep(seconds)
        return time.process_time() - begin


class Evidence:
    """Requests that a responder remembers, handed to it without a socket."""

    def __init__(self) -> None:
        from mockpki import PKI
        from mockpki._exchange.http import HttpRequest
        from mockpki._pkix.ocsp_request import OCSPRequest

        self._pki = pki = PKI()
        self._service, self._http = pki.ocsp, HttpRequest
        leaf = pki.issue_cert("localhost")
        asked = pki.ocsp._issuer.cert_id(leaf.serial_number)
        self._same = OCSPRequest((asked,)).encode()
        self._fresh = OCSPRequest((asked,), bytes(16)).encode()[:-16]
        self._ask(100, self._same)

    def _ask(self, count: int, question: bytes, fresh: bool = False) -> None:
        headers = (("Host", "127.0.0.1"), ("Content-Type", "application/ocsp-request"))
        for number in range(count):
            body = question + number.to_bytes(16) if fresh else question
            self._service.handle(self._http("POST", "/ocsp", headers, body, client="127.0.0.1:54321"))

    def remember(self, count: int, fresh: bool) -> float:
        """Octets of memory for each of *count* requests, the same again and again or with *fresh* nonces."""
        self._service.reset()
        gc.collect()
        before = _resident()
        self._ask(count, self._fresh if fresh else self._same, fresh)
        gc.collect()
        return (_resident() - before) / count

    def newest(self, count: int) -> float:
        """Seconds to read the newest of *count* requests."""
        self._service.reset()
        self._ask(count, self._same)
        (taken,) = _timed(1, lambda: self._service.since(-1))
        return taken


class Crl:
    """CRLs of *size* entries: the first, and another after one more revocation."""

    def __init__(self, size: int) -> None:
        self._size = size

    def run(self, times: int) -> list[float]:
        """Seconds for the first, then for each of *times* after one more revocation."""
        from mockpki import PKI

        with PKI() as pki:
            first = 1 << 64
            pki.revoke(range(first, first + self._size))
            taken = _timed(1, pki.crl.crl)
            for number in range(times):
                pki.revoke(first + self._size + number)
                taken += _timed(1, pki.crl.crl)
        return taken


class Shards:
    """The shards of Let's Encrypt, with *size* entries together: all of one issue, or that of one more."""

    def __init__(self, size: int) -> None:
        from mockpki import PKI

        self._pki = PKI(publishes="lets-encrypt", ago=timedelta(days=30))
        self._pki.clock.stop()
        self._next = 1 << 64
        self._revoke(size)
        self.all()

    def _revoke(self, count: int) -> None:
        self._pki.revoke(range(self._next, self._next + count))
        self._next += count

    def all(self) -> dict[str, float]:
        """Seconds for all shards of the next issue."""
        crl = self._pki.crl
        self._pki.clock.shift(crl.due_in)
        paths = [f"/ca/{number}.crl" for number in self._pki.ca.publishes.shards.list_shards(0)]
        (seconds,) = _timed(1, lambda: [crl.crl(of=path) for path in paths])
        return {"seconds": seconds}

    def one(self) -> dict[str, float]:
        """Seconds for one more revocation, and its shard of the next issue."""

        def publish() -> None:
            self._revoke(1)
            self._pki.clock.shift(self._pki.crl.due_in)
            self._pki.crl.crl(of=self._next - 1)

        (seconds,) = _timed(1, publish)
        return {"seconds": seconds}


class Memory:
    """What certificates cost: revoked serial numbers, and issued leaves."""

    def __init__(self) -> None:
        from mockpki import PKI

        self._pki = PKI()
        self._pki.issue_cert("localhost")
        self._pki.crl.crl()
        gc.collect()

    def revoke(self, count: int) -> dict[str, float]:
        before, first = _resident(), 1 << 64
        self._pki.revoke(range(first, first + count))
        gc.collect()
        after = _resident()
        self._pki.crl.crl()
        return {"each": (after - before) / count, "resident": after, "peak": _peak()}

    def issue(self, count: int, keep: bool) -> float:
        """Octets for each certificate, with its `Leaf` kept or dropped."""
        gc.collect()
        before = _resident()
        kept = [leaf for leaf in (self._pki.issue_cert("localhost") for _ in range(count)) if keep]
        gc.collect()
        each = (_resident() - before) / count
        del kept
        return each


class Filter:
    """CRLite's filter of *known* certificates, some *revoked*; the CRL of these, and a cascade of all."""

    def __init__(self, known: int, revoked: int) -> None:
        dice = random.Random(known)
        serials = [dice.getrandbits(126) | 1 << 126 for _ in range(known)]
        self._universe = {bytes(32): (serials, serials[:revoked])}
        self._revoked = serials[:revoked]

    def clubcard(self) -> dict[str, float]:
        """Seconds and octets, in version 3."""
        from mockpki.crlite import Clubcard

        return self._sample(lambda: Clubcard.build(self._universe, {}).v3())

    def cascade(self) -> dict[str, float]:
        """Seconds and octets."""
        from mockpki.crlite import cascade

        return self._sample(lambda: cascade(self._universe).encode())

    def crl(self) -> dict[str, float]:
        """Seconds and octets of a PKI's first."""
        from mockpki import PKI

        with PKI() as pki:
            pki.revoke(self._revoked)
            return self._sample(pki.crl.crl)

    @staticmethod
    def _sample(make: Callable[[], bytes]) -> dict[str, float]:
        made: list[bytes] = []
        (seconds,) = _timed(1, lambda: made.append(make()))
        return {"seconds": seconds, "octets": len(made[0])}


class Hang:
    """Clients held without an answer, then a PKI that closes on them."""

    def __init__(self) -> None:
        _raise_limit()

    def up(self) -> int:
        """Start anew; the port."""
        from mockpki import PKI, faults

        self._begin = self._left()
        self._pki = PKI()
        self._pki.ocsp.respond_with(faults.Hang())
        self._before = _resident()
        return int(self._pki.ocsp.url.split(":")[2].split("/")[0])

    def _left(self) -> dict[str, int]:
        gc.collect()
        return {
            "descriptors": len(os.listdir("/proc/self/fd")),
            "threads": threading.active_count(),
            "objects": len(gc.get_objects()),
        }

    def held(self, count: int) -> int:
        """Once *count* requests are there: octets of memory for each."""
        for _ in range(count):
            self._pki.ocsp.wait_for_request(60)
        return (_resident() - self._before) // count

    def close(self) -> dict[str, float]:
        engine = self._pki._realm.engine
        (taken,) = _timed(1, self._pki.close)
        left = len(engine.connections)
        del self._pki, engine
        more = {name: now - self._begin[name] for name, now in self._left().items()}
        return {"seconds": taken, "connections": left, "resident": _resident(), **more}


class Crowd:
    """The clients of `Hang`."""

    def __init__(self) -> None:
        _raise_limit()

    def ask(self, port: int, count: int) -> int:
        """Connect so often, and ask for something on each connection."""
        request = b"POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        self._sockets = []
        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.sendall(request)
            self._sockets.append(sock)
        return count

    def gone(self) -> int:
        """How many were closed by the other side; waits for each, and closes its own."""
        count = 0
        for sock in self._sockets:
            sock.settimeout(10)
            with contextlib.suppress(ConnectionError):
                assert sock.recv(1) == b""
            count += 1
            sock.close()
        return count


def _raise_limit() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Staples:
    """A stapling TLS 1.3 server, honest by default, and its credentials as files for the peers."""

    def __init__(self, folder: str, key_type: str = "P-256") -> None:
        from mockpki import PKI

        self._pki = PKI(key_type=key_type)
        self._leaf = self._pki.issue_cert("localhost")
        self._server = self._pki.tls_server(self._leaf, minimum_version="TLSv1.3").__enter__()
        files = {
            "certificate": self._leaf.cert_pem,
            "chain": self._leaf.chain_pem,
            "issuer": self._pki.ca.cert_pem,
            "key": self._leaf.key_pem,
            "staple": self._pki.ocsp.response_for(self._leaf),
            "root": self._pki.root.cert_pem,
        }
        self.about: dict[str, Any] = {"port": self._server.port}
        for name, octets in files.items():
            self.about[name] = os.path.join(folder, f"tls-{name}")
            with open(self.about[name], "wb") as file:
                file.write(octets)

    def where(self) -> dict[str, Any]:
        return self.about

    def reset(self) -> dict[str, int]:
        """How many handshakes there were, and how many were completed with a staple; then forget them."""
        seen = self._server.connections
        done = sum(shake.completed and shake.staple is not None for shake in seen)
        self._server._handshakes.clear()
        return {"all": len(seen), "completed": done}


class Handshakes:
    """A TLS 1.3 client that asks for a staple, as many handshakes as it can."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec
        from OpenSSL import SSL

        self._ssl = SSL
        self._context = context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        # One group for all servers, and one that a ClientHello has a share of only then: some would
        # choose post-quantum key exchange, and others could not.
        context.set_tmp_ecdh(ec.SECP256R1())
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_ocsp_client_callback(self._stapled)
        self._staples = 0

    def _stapled(self, connection: object, staple: bytes, data: object) -> bool:
        self._staples += bool(staple)
        return True

    def run(self, port: int, seconds: float) -> dict[str, float]:
        self._staples = done = 0
        begin, cpu = time.perf_counter(), time.process_time()
        until = begin + seconds
        while time.perf_counter() < until:
            with socket.create_connection(("127.0.0.1", port)) as sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = self._ssl.Connection(self._context, sock)
                connection.request_ocsp()
                connection.set_connect_state()
                connection.do_handshake()
                done += 1
        return {
            "handshakes": done,
            "staples": self._staples,
            "seconds": time.perf_counter() - begin,
            "cpu": time.process_time() - cpu,
        }


# The peers'.


class PeerCycle:
    """trustme's CA and certificate, pytest-httpserver up, one request, down."""

    def _once(self) -> None:
        import trustme

        server_class = importlib.import_module("pytest_httpserver").HTTPServer
        # A line for every request, on a terminal or captured, would count against it.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        trustme.CA().issue_cert("localhost")
        server = server_class()
        server.expect_request("/ocsp").respond_with_data(b"x" * 300)
        server.start()
        assert len(_post(server.port, "/ocsp", b"x" * 80)) == 300
        server.stop()

    def run(self, times: int) -> list[float]:
        return _timed(times, self._once)


class PeerIssue:
    """trustme's certificates."""

    def __init__(self) -> None:
        import trustme

        self._ca = trustme.CA()

    def run(self, times: int) -> list[float]:
        return _timed(times, lambda: self._ca.issue_cert("localhost"))


class PeerCrl:
    """cryptography's CRL builder, given its whole list at once; making the list is not counted."""

    def __init__(self, size: int) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec

        self._x509, self._key = x509, ec.generate_private_key(ec.SECP256R1())
        self._now = datetime.now(timezone.utc).replace(microsecond=0)
        self._size = size
        self._entries = [self._entry((1 << 64) + number) for number in range(size)]

    def _entry(self, serial: int) -> Any:
        builder = self._x509.RevokedCertificateBuilder().serial_number(serial)
        return builder.revocation_date(self._now).build()

    def run(self, times: int) -> list[float]:
        """Seconds for the first, then for each of *times* with one entry more."""
        x509 = self._x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import Encoding

        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a peer")])
        number = x509.CRLNumber(1)
        extensions = [x509.Extension(number.oid, False, number)]
        entries = list(self._entries)

        def build() -> None:
            # Entries added one by one would copy the list each time: here they come at once.
            x509.CertificateRevocationListBuilder(
                name, self._now, self._now + timedelta(days=7), extensions, entries
            ).sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)

        taken = _timed(1, build)
        for added in range(times):
            entries.append(self._entry((1 << 65) + added))
            taken += _timed(1, build)
        return taken


# The protocol.


def _calls() -> Iterator[tuple[str, dict[str, Any]]]:
    for line in sys.stdin:
        name, arguments = json.loads(line)
        yield name, arguments


def main(name: str, arguments: str = "{}") -> None:
    """Run the job called *name*."""
    job = globals()[name](**json.loads(arguments))
    print(json.dumps("ready"), flush=True)
    for method, given in _calls():
        print(json.dumps(getattr(job, method)(**given)), flush=True)
    # What is left open dies with the process: a benchmark is no place to test tidiness.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
