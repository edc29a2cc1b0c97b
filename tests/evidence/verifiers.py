"""The verifiers: each takes a `World` and says in a line what a program of others makes of it."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from .cases import World

PATIENCE = 4.0
"""Seconds that a program has for an answer; those that can be told are given half of it."""

_LENGTH = 200


@dataclass(frozen=True)
class Verifier:
    """A column: *program* has to be installed; *asks* returns None for what does not concern it."""

    name: str
    program: str
    asks: Callable[[World], str | None]


def run(*command: object) -> tuple[int | None, str]:
    """The exit status, None for a program that had to be ended, and all that was printed."""
    with subprocess.Popen(
        [str(one) for one in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C"},
        start_new_session=True,
    ) as process:
        try:
            printed = process.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0].decode(errors="replace")
    return process.returncode, printed.decode(errors="replace")


def _verdict(status: int | None, accepts: bool, *words: str) -> str:
    said = "; ".join(dict.fromkeys(word.strip() for word in words if word.strip()))
    if status is None:
        return f"no answer within {PATIENCE:g} s" + (f": {said}" if said else "")
    return f"{'accepts' if accepts else 'rejects'}{f': {said}' if said else ''}"[:_LENGTH]


def _errors(printed: str) -> list[str]:
    """The reasons in OpenSSL's queue of errors, the deepest last."""
    queue = re.findall(r":error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):", printed)
    return list(dict.fromkeys(queue))[:3]


def _written(world: World, name: str, data: bytes) -> Path:
    path = world.folder / name
    path.write_bytes(data)
    return path


# OCSP answers.


def _openssl_ocsp(world: World) -> str | None:
    if world.case.target in ("CRL", "staple"):
        return None
    pki, leaf = world.pki, world.leaf
    status, printed = run(
        "openssl", "ocsp", "-issuer", pki.ca.cert_file, "-cert", leaf.cert_file, "-url", pki.ocsp.url,
        "-timeout", int(PATIENCE / 2), "-CAfile", pki.ca_file, "-verify_other", pki.ca.cert_file,
    )  # fmt: skip
    said = re.findall(r": (good|revoked|unknown)$", printed, re.MULTILINE)
    reason = re.findall(r"Reason: (\S+)", printed)
    warned = re.findall(r"WARNING: [^\n]*", printed)
    wrong = re.findall(r"(?:ERROR: |Responder Error: |Error |Nonce )[^\n]*|Status times invalid", printed)
    fine = "Response verify OK" in printed and said == ["good"] and not wrong
    return _verdict(status, fine, *said, *reason, *warned, *wrong, *([] if fine else _errors(printed)))


def _ocsptool(world: World) -> str | None:
    if world.case.target in ("CRL", "staple") or world.der is None:
        return None
    answer = _written(world, "answer.der", world.der)
    # Told who has signed it tries that key; told whom to trust, it looks for a certificate sent along.
    for trust in ("--load-signer", "--load-trust"):
        status, printed = run(
            "ocsptool", "--verify-response", "--load-response", answer, trust, world.pki.ca.cert_file
        )
        if status == 0:
            break
    words = re.findall(r"(?:Verifying OCSP Response: |error[^:]*: |Certificate Status: )([^\n]*)", printed)
    return _verdict(status, status == 0, *words)


# Staples: the client is shown a TLS server.


def _stapled(world: World, *command: object) -> tuple[int | None, str, str] | None:
    """What the command with ``{host}`` and ``{port}`` filled in says, and what the server saw."""
    if world.staple is None:
        return None
    staple, version = list(world.staple), world.case.version
    with world.pki.tls_server(world.leaf, staple=staple, maximum_version=version) as server:
        filled = [str(one).format(host=server.host, port=server.port, url=server.url) for one in command]
        status, printed = run(*filled)
        alerts = [handshake.alert or "" for handshake in server.connections]
    return status, printed, "".join(f"alert {alert}" for alert in alerts if alert)


def _curl(world: World) -> str | None:
    seen = _stapled(
        world, "curl", "--silent", "--show-error", "--cacert", world.pki.ca_file, "--noproxy", "*",
        *(["--cert-status"] if world.case.asked else []), "--max-time", int(PATIENCE / 2), "{url}",
    )  # fmt: skip
    if seen is None:
        return None
    status, printed, alert = seen
    return _verdict(status, status == 0, *re.findall(r"^curl: \(\d+\) (.*)", printed, re.MULTILINE), alert)


def _gnutls_cli(world: World) -> str | None:
    if not world.case.asked:
        return None  # it always asks
    seen = _stapled(world, "gnutls-cli", "--x509cafile", world.pki.ca_file, "--port", "{port}", "localhost")
    if seen is None:
        return None
    status, printed, alert = seen
    words = re.findall(r"^\*\*\* (.*)|- Status: (.*)", printed, re.MULTILINE)
    return _verdict(status, status == 0, *(one or other for one, other in words), alert)


def _s_client(world: World) -> str | None:
    seen = _stapled(
        world, "openssl", "s_client", "-connect", "{host}:{port}", "-servername", "localhost",
        "-CAfile", world.pki.ca_file, "-verify_return_error", *(["-status"] if world.case.asked else []),
    )  # fmt: skip
    if seen is None:
        return None
    status, printed, alert = seen
    words = re.findall(r"OCSP [Rr]esponse: (\S[^\n]*)|Cert Status: (\S+)", printed)
    shown = (one or other for one, other in words)
    return _verdict(status, status == 0, *shown, alert, *([] if status == 0 else _errors(printed)))


# CRLs.


def _openssl_verify(world: World) -> str | None:
    if world.case.target in ("OCSP", "staple"):
        return None
    pki = world.pki
    source: list[object] = ["-crl_download"]
    if world.der is not None and world.case.target == "CRL":
        source = ["-CRLfile", _written(world, "ca.crl", world.der)]
    status, printed = run(
        "openssl", "verify", "-crl_check", "-x509_strict", "-extended_crl", "-CAfile", pki.ca_file,
        "-untrusted", pki.ca.cert_file, *source, world.leaf.cert_file,
    )  # fmt: skip
    words = re.findall(r"^error \d+ at \d+ depth lookup: (.*)", printed, re.MULTILINE)
    return _verdict(status, status == 0, *words, *([] if status == 0 else _errors(printed)))


def _certtool(world: World) -> str | None:
    if world.case.target != "CRL" or world.der is None:
        return None
    crl = _written(world, "ca.crl", world.der)
    status, printed = run(
        "certtool", "--verify-crl", "--inder", "--load-ca-certificate",
        _written(world, "ca.der", world.pki.ca.der), "--infile", crl,
    )  # fmt: skip
    words = re.findall(r"(?:Verification output: |error: )([^\n]*)", printed)
    return _verdict(status, status == 0, *words)


# Java: one virtual machine answers all.


class Java:
    """A JVM that answers line by line."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Java:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            with self._process:
                self._process.kill()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        limit = int(PATIENCE / 2)
        limits = [
            f"-Dcom.sun.security.{source}.{what}={limit}"
            for source in ("ocsp", "crl")
            for what in ("timeout", "readtimeout")
        ]
        source = Path(__file__).with_name("Revocation.java")
        return subprocess.Popen(
            ["java", *limits, str(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, world: World, source: str) -> str:
        """What it says of the leaf by that source alone."""
        # The first answer waits for the compiler.
        patience = PATIENCE if self._process else 15 * PATIENCE
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        leaf = _written(world, "leaf.der", world.leaf.der)
        process.stdin.write("\t".join((source, world.pki.ca_file, world.pki.ca.cert_file, str(leaf))) + "\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], patience)[0]:
            self._stop()
            return f"no answer within {patience:g} s"
        line = process.stdout.readline().strip()
        if not line:
            self._stop()
        return line[:_LENGTH] or "ended without a word"

    def ocsp(self, world: World) -> str | None:
        """By OCSP, over the network."""
        return None if world.case.target in ("CRL", "staple") else self.ask(world, "OCSP")

    def crl(self, world: World) -> str | None:
        """By the CRL, over the network."""
        return None if world.case.target in ("OCSP", "staple") else self.ask(world, "CRL")


# A linter, which speaks of form and not of trust.


def _pkilint() -> Callable[[World], str | None]:
    from pkilint import loader, pkix
    from pkilint.pkix import crl, extension, name, ocsp
    from pkilint.validation import ValidationFindingSeverity

    decoders = [
        pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
        pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
    ]
    of_ocsp = ocsp.create_pkix_ocsp_response_validator_container(
        [ocsp.create_response_decoder(), *decoders], []
    )
    of_crl = crl.create_pkix_crl_validator_container(
        decoders,
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )

    def found(validator: Any, load: Callable[[bytes, str], Any], der: bytes) -> str:
        try:
            results = validator.validate(load(der, "").root)
        except Exception as error:  # whatever it is, it is what the linter says
            return f"cannot read it: {' '.join(str(error).split())}"[:_LENGTH]
        codes = {
            one.finding.code
            for result in results
            for one in result.finding_descriptions
            if one.finding.severity < ValidationFindingSeverity.NOTICE
        }
        return ", ".join(sorted(codes)) or "nothing"

    def lint(world: World) -> str | None:
        if world.der is None or world.case.target not in ("OCSP", "CRL"):
            return None
        if world.case.target == "OCSP":
            return found(of_ocsp, loader.RFC6960OCSPResponseDocumentLoader().load_der_document, world.der)
        return found(of_crl, loader.RFC5280CertificateListDocumentLoader().load_der_document, world.der)

    return lint


@contextlib.contextmanager
def installed(wanted: tuple[str, ...]) -> Iterator[tuple[list[Verifier], list[str]]]:
    """The verifiers of the *wanted* programs (none: of all), and the names of those that are missing."""
    with Java() as java:
        verifiers = [
            Verifier("openssl ocsp", "openssl", _openssl_ocsp),
            Verifier("ocsptool", "ocsptool", _ocsptool),
            Verifier("Java OCSP", "java", java.ocsp),
            Verifier("curl --cert-status", "curl", _curl),
            Verifier("gnutls-cli", "gnutls-cli", _gnutls_cli),
            Verifier("openssl s_client -status", "openssl", _s_client),
            Verifier("openssl verify -crl_check", "openssl", _openssl_verify),
            Verifier("certtool --verify-crl", "certtool", _certtool),
            Verifier("Java CRL", "java", java.crl),
        ]
        chosen = [one for one in verifiers if not wanted or one.program in wanted]
        needed = {one.program for one in chosen} | set(wanted) - {"pkilint"}
        missing = {program for program in needed if shutil.which(program) is None}
        if not wanted or "pkilint" in wanted:
            try:
                chosen.append(Verifier("pkilint", "pkilint", _pkilint()))
            except ImportError:
                missing.add("pkilint")
        yield [one for one in chosen if one.program not in missing], sorted(missing)
