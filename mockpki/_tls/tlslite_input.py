"""What tlslite is given: settings, keys, chains and a socket as it wants them, a bearable ClientHello."""

from __future__ import annotations

import copy
import errno
import warnings
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa

from .._pkix.keys import PrivateKey
from .._pkix.pem import private_pem
from .key_shares import HYBRIDS
from .resumption import Kept, Resumption
from .session import VERSIONS, Presentation

with warnings.catch_warnings():
    # On Python 3.11 tlslite imports asyncore, which warns; nothing that is used here does.
    warnings.simplefilter("ignore", DeprecationWarning)
    from tlslite import constants, handshakesettings, sessioncache, x509, x509certchain
    from tlslite.utils.keyfactory import parsePEMKey

NUMBERS = {name: (3, minor) for minor, name in enumerate(VERSIONS, start=1)}


class Wire:
    """The socket tlslite believes in: two buffers."""

    def __init__(self) -> None:
        self.incoming = bytearray()
        self.outgoing = bytearray()

    def recv(self, size: int) -> bytes:
        if not self.incoming:
            raise BlockingIOError(errno.EWOULDBLOCK, "nothing was received")
        taken = bytes(self.incoming[:size])
        del self.incoming[:size]
        return taken

    def send(self, data: bytes) -> int:
        self.outgoing += data
        return len(data)

    sendall = send

    def close(self) -> None:
        """Keep the buffers: an alert may still have to go out."""


class _Settings(handshakesettings.HandshakeSettings):  # type: ignore[misc]
    """tlslite's settings, with the hybrid groups that it knows by name only."""

    _mockpki_valid = False

    def validate(self) -> _Settings:
        if self._mockpki_valid:
            return copy.copy(self)
        valid = super().validate()
        valid.__class__ = _Settings
        valid._mockpki_valid = True
        if valid.maxVersion > (3, 3):
            # Behind those of tlslite's own, so that one is used only for a client that has nothing else.
            valid.eccCurves = [*valid.eccCurves, *HYBRIDS]
        return valid  # type: ignore[no-any-return]


def make_settings(presentation: Presentation) -> Any:
    settings = _Settings()
    settings.minVersion = NUMBERS[presentation.minimum_version]
    settings.maxVersion = NUMBERS[presentation.maximum_version]
    # A compressed Certificate message is made by other code, without the seam.
    settings.certificate_compression_send = []
    settings.use_heartbeat_extension = False
    if presentation.resumption is None:
        settings.ticket_count = 0
    else:
        settings.ticketKeys = [bytearray(find_kept(presentation, presentation.resumption).ticket_key)]
    # What the certificate's strength is, and the client's, is not for this library to judge.
    settings.minKeySize = 512
    settings.maxKeySize = 16384
    return settings


def find_kept(presentation: Presentation, resumption: Resumption) -> Kept:
    """What is kept of sessions that were begun as *presentation* has it."""
    shown = presentation
    whose = (shown.chain, shown.client_cas, shown.client_certificate_required)
    return resumption.find(whose, sessioncache.SessionCache)


def please(hello: Any) -> None:
    """Take out of a parsed ClientHello what tlslite would end the handshake for, and OpenSSL does not.

    The name was read before; the transcript has the octets as they came.
    """
    if hello.extensions and hello.extensions[-1].extType == constants.ExtensionType.pre_shared_key:
        # RFC 8446 section 4.2.11.2: a binder is over the ClientHello as it came, up to the binders.
        truncated = hello.psk_truncate()
        hello.psk_truncate = lambda: truncated
    name = hello.getExtension(constants.ExtensionType.server_name)
    if name is not None and len(name.hostNames) == 1 and name.hostNames[0]:
        hello.extensions.remove(name)  # tlslite is strict about host names
    groups = hello.getExtension(constants.ExtensionType.supported_groups)
    shares = hello.getExtension(constants.ExtensionType.key_share)
    versions = hello.getExtension(constants.ExtensionType.supported_versions)
    if not (groups and groups.groups and shares and shares.client_shares and versions):
        return
    if NUMBERS["TLSv1.2"] not in versions.versions:
        groups.groups = [one for one in groups.groups if one not in constants.TLS_1_3_FORBIDDEN_GROUPS]
    # RFC 8446 section 4.2.8 has an order of the shares, which servers need not check.
    places = {group: place for place, group in enumerate(groups.groups)}
    if all(share.group in places for share in shares.client_shares):
        shares.client_shares.sort(key=lambda share: places[share.group])


def make_key(private_key: PrivateKey) -> Any:
    return parsePEMKey(private_pem(private_key).decode("ascii"), private=True)


def _algorithm(private_key: PrivateKey) -> str:
    """Name the key's algorithm as tlslite does; `find_limit` has refused every other key."""
    match private_key:
        case rsa.RSAPrivateKey():
            return "rsa"
        case ec.EllipticCurvePrivateKey():
            return "ecdsa"
        case ed448.Ed448PrivateKey():
            return "Ed448"
    return "Ed25519"


def make_chain(presentation: Presentation) -> Any:
    """Return the chain as tlslite wants it, without having it parsed.

    tlslite's parser knows few algorithms, and a certificate may be absurd on purpose. Of the leaf
    it has to know the public key, of which the private one tells all.
    """
    certificates = []
    for der in presentation.chain:
        certificate = x509.X509()
        certificate.bytes = bytearray(der)
        certificates.append(certificate)
    certificates[0].certAlg = _algorithm(presentation.private_key)
    certificates[0].publicKey = make_key(presentation.private_key)
    return x509certchain.X509CertChain(certificates)
