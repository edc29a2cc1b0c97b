"""What hostile responders, publishers and users hand to our own readers."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from mockpki import Leaf, faults, staplers
from mockpki._ca.csr import extensions_of_csr, key_of_csr, load_csr, names_of_csr, subject_of_csr
from mockpki._catalogue.prompt import make_fault
from mockpki._engine.fetch import NoAnswer
from mockpki._pkix.names import general_name
from mockpki._validation.crl import read_crl
from mockpki._validation.finding import Tolerance, Unusable
from mockpki._validation.ocsp import read_response
from mockpki.staplers._reading import Unfit, read_answer

from .kit import Target, World

_TOLERANCE = Tolerance(timedelta(minutes=5), timedelta(days=1))
_LENIENT = staplers.StaplePolicy(verify=False, check_times=False)
_STRICT = staplers.StaplePolicy()


def _answers(fuzzed: World) -> tuple[bytes, ...]:
    """OCSP responses: honest ones, errors, and bent ones."""
    ocsp = fuzzed.pki.ocsp
    bent = (
        faults.Singles(), faults.TryLater(), faults.WrongSigner(embed=True), faults.Delegate(),
        faults.NoNextUpdate(), faults.ResponseExtension(), faults.ProducedAt(timedelta(days=300_000)),
    )  # fmt: skip
    honest = [ocsp.response_for(leaf) for leaf in (fuzzed.server, fuzzed.client)]
    return (*honest, *(ocsp.response_for(fuzzed.server, fault) for fault in bent))


def _require_words(error: Exception) -> None:
    assert len(str(error).split()) > 3, f"{error!r} is no sentence"


def answer(fuzzed: World) -> Target:
    """The reference client and the staplers find an OCSP response usable, or say why not."""
    leaf: Leaf = fuzzed.server
    issuer, now = leaf.issuer.certificate, fuzzed.pki.clock.now()

    def run(data: bytes) -> None:
        with contextlib.suppress(Unusable):
            read_response(data, leaf.certificate, issuer, now, _TOLERANCE)
        for policy in (_LENIENT, _STRICT):
            with contextlib.suppress(Unfit, NoAnswer):
                read_answer(data, leaf, now, policy, b"nonce")

    return Target(run, _answers(fuzzed))


def crl(fuzzed: World) -> Target:
    """The same for a CRL."""
    leaf: Leaf = fuzzed.server
    issuer, now, publisher = leaf.issuer.certificate, fuzzed.pki.clock.now(), fuzzed.pki.crl

    def run(data: bytes) -> None:
        with contextlib.suppress(Unusable):
            read_crl(data, leaf.certificate, issuer, now, _TOLERANCE)

    bent = (faults.IssuingDistributionPoint(), faults.DeltaCrl(), faults.Entry(), faults.CrlVersion())
    return Target(run, (publisher.crl(), *(publisher.crl(fault) for fault in bent)))


def csr(fuzzed: World) -> Target:
    """A CA reads a CSR, or says in a ValueError why not."""
    key = ec.derive_private_key(0xC52, ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder()
    names = [x509.DNSName("a.example"), x509.RFC822Name("joe@a.example")]
    subjects = [
        x509.Name([]),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.example")]),
    ]
    seeds = []
    for subject in subjects:
        plain = builder.subject_name(subject)
        named = plain.add_extension(x509.SubjectAlternativeName(names), critical=False)
        seeds += [one.sign(key, hashes.SHA256()).public_bytes(Encoding.DER) for one in (plain, named)]

    # Found by this target: another version, and a country of nine letters.
    common_name = b"\x06\x03\x55\x04\x03"
    seeds += [
        seeds[2].replace(b"\x02\x01\0", b"\x02\x01\x68", 1),
        seeds[2].replace(common_name, b"\x06\x03\x55\x04\x06", 1),
    ]

    def run(data: bytes) -> None:
        with contextlib.suppress(ValueError):
            request = load_csr(data)
            for read in (key_of_csr, names_of_csr):
                with contextlib.suppress(ValueError):
                    read(request)
            subject_of_csr(request, None)
            subject_of_csr(request, "somebody")
            extensions_of_csr(request, ())

    return Target(run, tuple(seeds))


def identity(fuzzed: World) -> Target:
    """Any text is an identity, or a ValueError that names it."""

    def run(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        try:
            general_name(text)
        except ValueError as error:
            _require_words(error)

    texts = (
        "a.example",
        "*.bücher.example",
        "192.0.2.1",
        "2001:db8::/32",
        "joe@a.example",
        "urn:x:y",
        "spiffe://a/b",
    )
    return Target(run, tuple(text.encode() for text in texts))


def prompt(fuzzed: World) -> Target:
    """A fault with any parameters, as they are typed, is one, or a TypeError or ValueError with words.

    The first octet says which fault; the parameters stand one a line.
    """

    def run(data: bytes) -> None:
        if not data:
            return
        kind = faults.CATALOGUE[data[0] % len(faults.CATALOGUE)]
        typed = data[1:].decode("utf-8", "surrogateescape").split("\n")
        try:
            hash(make_fault(kind, typed))
        except (TypeError, ValueError) as error:
            _require_words(error)

    calls = ("by=2d", "404", "oid='1.2.3'\ncritical=True", "at=None\nreason='key_compromise'", "(1, 2)\nb'x'")
    return Target(run, tuple(bytes([number]) + call.encode() for number in (0, 20, 60) for call in calls))
