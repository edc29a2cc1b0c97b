"""The certificate transparency log of a PKI, and which certificates have its timestamps (RFC 6962)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from .._clock import Clock
from .._crlite.contents import count_milliseconds, from_milliseconds
from .._crlite.log import CtLog
from .._crlite.scts import SCT_LIST, scts_extension
from .._pkix.certificate import TBSCertificate
from .._pkix.keys import spki_der
from .._pkix.signing import Signer
from .._services.enrolment import Enrolment, Entry
from .folder import Folder
from .options import CAOptions


@dataclass(frozen=True)
class LiveLog(CtLog):
    """The log of a PKI: a `CtLog` with a file for OpenSSL."""

    folder: Folder = field(default_factory=Folder, repr=False, compare=False)

    @property
    def openssl_file(self) -> str:
        """Path of a file for ``openssl s_client -ct -ctlogfile``, with `openssl_config`."""
        return self.folder.write("ct_logs.cnf", self.openssl_config.encode())


class Logging:
    """What the log of a PKI promises of its certificates, and has."""

    def __init__(self, clock: Clock, folder: Folder, options: CAOptions, enrolment: Enrolment) -> None:
        self._clock, self._folder, self._options = clock, folder, options
        self._enrolment = enrolment
        self._lock = threading.Lock()
        self._log: LiveLog | None = None

    @property
    def log(self) -> LiveLog:
        """The log, which is made when it is first needed."""
        with self._lock:
            if self._log is None:
                self._log = LiveLog(folder=self._folder)
            return self._log

    def add_scts(
        self, content: TBSCertificate, signer: Signer, logged: bool | None, at: datetime | None
    ) -> tuple[TBSCertificate, Entry | None]:
        """*content* with its SCTs, and what the log then has; without both where it is not *logged*.

        *logged*: None as the PKI does it; *at* left out is now. Raises ValueError where the two do not agree,
        with each other or with what stands in *content*.
        """
        own = any(extension.oid == SCT_LIST for extension in content.extensions)
        if own and (logged or at is not None):
            raise ValueError(
                "logged=True and logged_at= ask for SCTs of the PKI's log, and this certificate has its own, "
                "by extensions= or a fault; leave one of them out"
            )
        if logged is None:
            logged = self._options.logged and not own
        if not logged:
            if at is not None:
                raise ValueError(
                    f"logged_at={at!r} is the time of SCTs, and this certificate has none; give logged=True, "
                    "too, or leave it out"
                )
            return content, None
        spki = spki_der(signer.key.public_key())
        entry = self._make_entry(content, spki, at)
        # RFC 6962 section 3.2: tbs_certificate is "the DER-encoded TBSCertificate component of the
        # Precertificate -- that is, without the signature and the poison extension". What is issued then is
        # the same, but for the list of SCTs.
        log, tbs, time = self.log, content.encode(signer), from_milliseconds(entry.timestamp)
        scts = [log.sct(tbs, spki, time) for _ in range(self._options.scts)]
        return replace(content, extensions=(*content.extensions, scts_extension(scts))), entry

    def _make_entry(self, content: TBSCertificate, spki: bytes, at: datetime | None) -> Entry:
        end = content.not_after
        timestamp = self._enrolment.find_timestamp() if at is None else count_milliseconds(at)
        if timestamp < 0:
            raise ValueError(f"logged_at={at!r} is before 1970, and SCTs count from then; give a later time")
        return Entry(
            sha256(spki).digest(),
            content.serial_number,
            end if isinstance(end, datetime) else None,
            timestamp,
            self._clock.now(),
        )
