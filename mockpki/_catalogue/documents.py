"""Octets as people have them, in PEM, in base64, behind the head of an HTTP answer: each with what it is."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from cryptography.hazmat.primitives.serialization import Encoding

from .._parameters import show
from .._pkix.pkcs12 import PASSWORD, is_p12, read_p12
from .decoded import Decoder
from .recognition import KINDS, Kind, mend, recognise
from .shown import Lines

REQUEST_URL = "request-url"
"""The kind of a URL, or its path, that has an OCSP request in it."""
NAMES = (*KINDS, REQUEST_URL)
"""What a document may be said to be."""

# RFC 7468 section 2, and what OpenSSL and people write around it; a last line may be missing.
_PEM = re.compile(rb"-----BEGIN ([^-\r\n]+)-----[ \t]*\r?\n?(.*?)(?:-----END [^-\r\n]*-----|\Z)", re.DOTALL)
_HEADERS = re.compile(rb"\A(?:[A-Za-z-]+:[^\n]*\n)+\s*")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_HTTP = re.compile(rb"HTTP/\d")
_LABELS = {
    "CERTIFICATE": "certificate",
    "X509 CERTIFICATE": "certificate",
    "TRUSTED CERTIFICATE": "certificate",
    "X509 CRL": "crl",
    "CERTIFICATE REQUEST": "csr",
    "NEW CERTIFICATE REQUEST": "csr",
    "OCSP REQUEST": "ocsp-request",
    "OCSP RESPONSE": "ocsp-response",
}


@dataclass(frozen=True)
class Document:
    """*data* of a *kind*, which came as *encoding*; *head* are the lines that stood before it."""

    kind: Kind
    encoding: str
    data: bytes
    head: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """How many octets were cut off."""
        return 0 if self.kind is KINDS["staple"] else mend(self.data).missing

    def lines(self, decoder: Decoder) -> Lines:
        """What is in it, as far as it goes."""
        whole = self.data if self.kind is KINDS["staple"] else mend(self.data).data
        return [*self.head, *self.kind.show(decoder, whole)]


def read_documents(data: bytes, wanted: str | None = None, password: str = PASSWORD) -> list[Document]:
    """What is in *data*: each PEM block of it, each certificate of PKCS #12, or the one thing that it is.

    PKCS #12 is opened with *password*.

    *wanted*, one of `NAMES`, says what it is meant to be; left out, that is told by its structure. Private
    keys among the blocks are left out. Raises ValueError, with a sentence, for what cannot be read at all,
    and LookupError for another *wanted*.
    """
    if wanted is not None and wanted not in NAMES:
        raise LookupError(f"{wanted!r} is no kind of document; there are {', '.join(NAMES)}")
    if not data:
        raise ValueError("there is nothing in it")
    if wanted == REQUEST_URL:
        return [read_request_url(data.decode("utf-8", "replace"))]
    kind = None if wanted is None else KINDS[wanted]
    blocks = list(_PEM.finditer(data))
    if blocks:
        found = [one for block in blocks for one in _read_block(block[1].decode("latin-1"), block[2], kind)]
        if not found:
            raise ValueError("there are private keys in it, which are not shown, and nothing else")
        return found
    if wanted in (None, "certificate") and is_p12(data):
        return _read_certificates(data, password)
    return [_read_one(data, kind)]


def _read_certificates(data: bytes, password: str) -> list[Document]:
    has_key, certificates = read_p12(data, password)
    if not certificates:
        raise ValueError(
            f"there is no certificate in it{', only a private key, which is not shown' * has_key}"
        )
    key = ("beside a private key, which is not shown",) if has_key else ()
    return [
        Document(
            KINDS["certificate"],
            f"PKCS #12, {name}" if name else "PKCS #12",
            certificate.public_bytes(Encoding.DER),
            () if number else key,
        )
        for number, (name, certificate) in enumerate(certificates)
    ]


def _read_block(label: str, text: bytes, kind: Kind | None) -> Iterator[Document]:
    if label.endswith("PRIVATE KEY"):
        return
    data = _read_base64(_HEADERS.sub(b"", text))
    if data is None:
        raise ValueError(f"what stands in the PEM block {show(label)} is no base64")
    own = recognise(data)
    known = KINDS.get(_LABELS.get(label, ""))
    # By structure; where that says nothing, as the label has it.
    if own in (None, KINDS["der"]) and known is not None:
        own = known
    yield Document(kind or own or KINDS["der"], f"PEM, {label}", data)


def _read_one(data: bytes, kind: Kind | None) -> Document:
    if _HTTP.match(data):
        head, _, body = data.partition(b"\r\n\r\n")
        inside = _read_one(body, kind) if body else Document(KINDS["der"], "", b"")
        lines = tuple(line for line in head.decode("latin-1").splitlines() if line)
        return Document(inside.kind, f"HTTP, {inside.encoding}" if body else "HTTP", inside.data, lines)
    own = recognise(data)
    if own is None and (decoded := _read_base64(data)) is not None:
        own = recognise(decoded)
        if kind or own:
            return Document(kind or own or KINDS["der"], "base64", decoded)
    found = kind or own
    if found is None:
        raise ValueError(
            "it is no PEM, no base64 and no DER of anything known here; it begins with "
            f"{data[:16].hex(' ')}; say with --as what it should be"
        )
    return Document(found, "DER", data)


def _read_base64(text: bytes) -> bytes | None:
    """What *text* is in base64, of the usual alphabet or that of URLs, padded or not; None for neither."""
    joined = b"".join(text.split())
    if not _BASE64.fullmatch(joined):
        return None
    plain = joined.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    # One that was cut off may end in the middle of an octet.
    plain = plain[:-1] if len(plain) % 4 == 1 else plain
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4))
    except binascii.Error:  # pragma: no cover - the expression above lets nothing such through
        return None


def read_request_url(text: str) -> Document:
    """The OCSP request in a URL, or in the path of one, as a log has it. Raises ValueError where none is.

    RFC 6960 appendix A.1: "GET {url}/{url-encoding of base-64 encoding of the DER encoding of the
    OCSPRequest}".
    """
    whole = unquote_to_bytes(urlsplit(text.strip()).path)
    # Base64 has slashes of its own, so that it may begin behind any of them.
    starts = [at + 1 for at, octet in enumerate(whole) if octet == ord("/")]
    for start in [0, *starts]:
        data = _read_base64(whole[start:].lstrip(b"/"))
        if data is not None and recognise(data) is KINDS["ocsp-request"]:
            return Document(KINDS["ocsp-request"], "base64 in a URL", data)
    raise ValueError(f"there is no OCSP request in the path of {show(text)}, as there is in that of a GET")
