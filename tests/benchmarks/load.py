"""The load: OCSP questions asked by wrk, one generator for every responder.

wrk keeps connections, or opens a new one for each question where the responder or the question
wants it so; it is written in C, and a script in LuaJIT makes each question anew where that matters.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import subprocess
from dataclasses import dataclass
from itertools import count

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from .kit import Kit, cpu
from .running import Sample

_NONCE = b"a nonce, for once"
_scripts = count()


@dataclass(frozen=True)
class Target:
    """Where a responder is, and whom it answers for: *issuer* as PEM, *serial* one that it knows.

    *spread* is how many serial numbers, from *serial* on, the questions are about.
    """

    port: int
    path: str
    issuer: str
    serial: int
    spread: int = 1

    def question(self, nonce: bytes | None = None) -> bytes:
        """The OCSP request as DER."""
        issuer = x509.load_pem_x509_certificate(self.issuer.encode())
        key = issuer.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        name_hash = hashlib.sha1(issuer.subject.public_bytes()).digest()
        key_hash = hashlib.sha1(key).digest()
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            name_hash, key_hash, self.serial, hashes.SHA1()
        )
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.build().public_bytes(Encoding.DER)

    def check(self) -> None:
        """Ask once, and see that what is going to be measured is an answer to the question."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", self.path, self.question(_NONCE), dict(_HEADERS))
        answer = connection.getresponse().read()
        connection.close()
        # By its octets, for not every peer's answer can be parsed strictly.
        for part in (_SUCCESSFUL, self.serial.to_bytes(self.serial.bit_length() // 8 + 1, "big"), _NONCE):
            if part not in answer:
                raise RuntimeError(
                    f"the responder on port {self.port} did not answer the question: {answer!r}"
                )


# OCSPResponseStatus successful (0), an ENUMERATED.
_SUCCESSFUL = b"\x0a\x01\x00"
_HEADERS = {"Content-Type": "application/ocsp-request"}


def ask(
    kit: Kit, target: Target, pid: int, *, fresh: bool, keep: bool, connections: int, seconds: float
) -> Sample:
    """Ask for so many *seconds*, and say what came of it.

    *fresh*: another nonce in every question. *keep*: the same connections all the time. *rate* is
    answers for each second, *p50*, *p99* and *p99.9* are in seconds, and *cpu* is what the responder, the
    process *pid*, used for each answer.
    """
    script = kit.folder / f"questions-{next(_scripts)}.lua"
    script.write_text(_script(target, fresh=fresh, keep=keep))
    before = cpu(pid)
    done = subprocess.run(
        [
            # Whole seconds are all that wrk takes.
            kit.program("wrk"), "-t", "1", "-c", str(connections), "-d", f"{max(1, round(seconds))}s",
            # A machine that stops for a moment is no wrong answer: it is in the latency.
            "--timeout", "30s", "-s", str(script), f"http://127.0.0.1:{target.port}{target.path}",
        ],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    used = cpu(pid) - before
    seen = json.loads(done[done.rindex("{") :])
    if seen["wrong"] or not seen["answers"]:
        raise RuntimeError(f"wrk got wrong answers, or none, from port {target.port}: {seen}")
    return {
        "rate": seen["answers"] / seen["seconds"],
        "p50": seen["p50"],
        "p99": seen["p99"],
        "p99.9": seen["p99.9"],
        "cpu": used / seen["answers"],
    }


def _script(target: Target, *, fresh: bool, keep: bool) -> str:
    """A wrk script. Its request is finished text but for the nonce and the serial number."""
    body = target.question(_NONCE if fresh else None)
    head = f"POST {target.path} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in _HEADERS.items())
    head += f"Content-Length: {len(body)}\r\n" + ("" if keep else "Connection: close\r\n") + "\r\n"
    whole = head.encode() + body
    # Only the last three octets of the serial number change: so many certificates are enough.
    serial = target.serial.to_bytes(target.serial.bit_length() // 8 + 1, "big")
    at = whole.index(b"\x02" + bytes([len(serial)]) + serial) + 2 + len(serial) - 3
    parts = [_lua(whole[:at])]
    if target.spread > 1:
        parts.append("some_serial()")
    else:
        parts.append(_lua(whole[at : at + 3]))
    rest = whole[at + 3 :]
    if fresh:
        nonce = rest.index(_NONCE)
        parts += [_lua(rest[:nonce]), "next_nonce()", _lua(rest[nonce + len(_NONCE) :])]
    else:
        parts.append(_lua(rest))
    made_anew = fresh or target.spread > 1
    names = [f"part{number}" if part[0] == '"' else part for number, part in enumerate(parts)]
    declared = "".join(f"local part{n} = {part}\n" for n, part in enumerate(parts) if part[0] == '"')
    request = f"function request() return {' .. '.join(names)} end\n"
    if not made_anew:
        request = f"local whole = {' .. '.join(names)}\nfunction request() return whole end\n"
    return (
        _LUA.replace("SPREAD", str(target.spread))
        .replace("FIRST", str(target.serial & 0xFFFFFF))
        .replace("DIGITS", str(len(_NONCE)))
        + declared
        + request
    )


def _lua(octets: bytes) -> str:
    return '"' + "".join(f"\\{octet:03d}" for octet in octets) + '"'


# wrk's own `resolve` tries a connection and closes it without a word, at which `openssl ocsp` 3.0
# goes round in a circle for ever: look the name up, and no more.
_LUA = r"""
function wrk.resolve(host, service) wrk.addrs = wrk.lookup(host, service) end

local asked = os.time() * 1000000
function next_nonce()
  asked = asked + 1
  return string.format("%0DIGITS.0f", asked)
end

function some_serial()
  local serial = FIRST + math.random(0, SPREAD - 1)
  return string.char(math.floor(serial / 65536) % 256, math.floor(serial / 256) % 256, serial % 256)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local line = '{"answers": %d, "seconds": %.6f, "p50": %.6f, "p99": %.6f, "p99.9": %.6f, "wrong": %d}\n'
  io.write(string.format(line,
    summary.requests - errors.status, summary.duration / 1e6, latency:percentile(50) / 1e6,
    latency:percentile(99) / 1e6, latency:percentile(99.9) / 1e6,
    errors.status + errors.read + errors.timeout))
end
"""
