"""How CAs publish, each as a value with its source.

They describe what is documented, or was the default of a published release, and not every CA that such
software runs. Where a figure is not documented, the docstring says that it was filled in.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from .._pkix.window import BACKDATED_BY, LIFE
from .._typed import suggest
from ._schedule import Deltas, Schedule
from ._shards import AtRandom, ByExpiry, BySerial, Filling, InTurn
from ._values import Publishing

_SECOND, _MINUTE, _HOUR, _DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)

IMMEDIATE = Publishing(Schedule(every=None, life=LIFE, backdate=BACKDATED_BY))
"""One complete CRL, signed anew at every request: what is revoked is on it at once. No CA does so; tests of
anything else than publishing want it, and it is the default."""

LETS_ENCRYPT = Publishing(
    full=Schedule(every=_HOUR, life=9 * _DAY - _SECOND),
    shards=BySerial(128),
    numbers="ns",
    keep_expired=_DAY,
    only="user",
    http_expires="next_issue",
    cache_control="stale-if-error=60",
    ocsp="none",
)
"""Let's Encrypt since 2025: no OCSP; shards by serial number, named in each certificate and in each CRL's
critical issuing distribution point, good for nine days less a second; numbers are nanoseconds. Source:
boulder, its issuance and crl packages and test configurations of August 2026 (216 hours, a lookback of 24
hours, ``stale-if-error=60``); 128 shards after its issue 6445 of 2022. An hour between two issues after the
announcement for its test sites; filled in, as is the number of shards today."""

LETS_ENCRYPT_2022 = Publishing(
    full=Schedule(every=6 * _HOUR, life=9 * _DAY),
    shards=ByExpiry(16 * _HOUR, 128),
    numbers="ns",
    keep_expired=_DAY,
    only="user",
    in_certificates=False,
)
"""Let's Encrypt when its CRLs were for browser vendors alone: shards by the end of validity, no distribution
point in certificates, OCSP live. Source: boulder's issue 6445. Nine days are filled in."""

AD_CS = Publishing(
    full=Schedule(every=7 * _DAY, life=7 * _DAY + 12 * _HOUR, backdate=10 * _MINUTE),
    deltas=Deltas(
        Schedule(every=_DAY, life=_DAY + timedelta(hours=2, minutes=24), backdate=10 * _MINUTE),
        base="previous",
    ),
    keep_expired=timedelta(),
    ocsp="from_crl",
    next_publish=True,
)
"""Active Directory Certificate Services by its defaults: a complete CRL a week and a delta a day, each with
an overlap of a tenth of its life, twelve hours at most, dated back ten minutes; a delta starts from the
complete CRL before the last while that is being replicated. Source: Microsoft's documentation of CRL overlap
and publication. That expired certificates go, and that the responder is fed by CRLs, is filled in. Its ldap
URLs are left out."""

AD_CS_PARTITIONED = replace(AD_CS, shards=AtRandom(10, aggregate=True))
"""The same with partitioned CRLs (Server 2019 and later): certificates are spread over partitions at random,
partition 0 is complete. Source: sysadmins.lv, on CRL partitioning, 2025. Ten partitions are filled in."""

VAULT = Publishing(
    full=Schedule(every=None, life=72 * _HOUR, after_revocation=timedelta()),
    keep_expired=timedelta(),
    ocsp=Schedule(every=None, life=12 * _HOUR),
)
"""HashiCorp Vault's PKI engine by default: a CRL at each revocation, good for 72 hours, and no other; OCSP
live, good for 12 hours. Source: its configuration of CRLs (``expiry``, ``auto_rebuild`` false,
``ocsp_expiry``). That expired certificates go is filled in."""

VAULT_AUTO = replace(
    VAULT,
    full=Schedule(every=60 * _HOUR, life=72 * _HOUR),
    deltas=Deltas(Schedule(every=15 * _MINUTE, life=72 * _HOUR), if_changed=True),
)
"""The same with ``auto_rebuild`` and ``enable_delta``: a CRL 12 hours before the last one ends, and a delta
every 15 minutes if anything has changed. Source: Vault's configuration of CRLs, too
(``auto_rebuild_grace_period``, ``delta_rebuild_interval``)."""

STEP_CA = Publishing(
    full=Schedule(every=16 * _HOUR, life=_DAY),
    keep_expired=_HOUR,
    idp="always",
    in_certificates=False,
    ocsp="none",
)
"""step-ca with ``crl`` enabled: a CRL for a day, renewed after two thirds of it, with an issuing distribution
point always; certificates do not name it. Source: smallstep's certificates, its authority and api packages of
2026."""

GOOGLE_CAS = Publishing(
    full=Schedule(every=_DAY, life=7 * _DAY, after_revocation=15 * _MINUTE),
    keep_expired=timedelta(),
    idp="never",
    ocsp="none",
)
"""Google's Certificate Authority Service: published daily, valid for 7 days, and within 15 minutes of a
revocation. Source: its documentation on revoking certificates. That expired certificates go, and that there
is no issuing distribution point, is filled in."""

AWS_PRIVATE_CA = Publishing(
    full=Schedule(every=timedelta(days=3, hours=12), life=7 * _DAY, after_revocation=30 * _MINUTE),
    numbers="ms",
    keep_expired=timedelta(),
    ocsp=Schedule(every=_HOUR, life=7 * _DAY),
)
"""AWS Private CA: a CRL within 30 minutes of a revocation, numbers are milliseconds, expired certificates
stay for one more CRL, no deltas; OCSP follows within an hour. Source: its guide on planning CRLs, and
CrlConfiguration. Seven days, half of which go by between two issues, are filled in: ExpirationInDays is the
user's."""

AWS_PARTITIONED = replace(AWS_PRIVATE_CA, shards=InTurn(4))
"""The same with partitioned CRLs, whose issuing distribution point is to be compared with the certificate's.
Source: its guide on planning CRLs, too. Four partitions, in turn, are filled in, and a week as above."""

FREEIPA = Publishing(full=Schedule(every=4 * _HOUR, life=4 * _HOUR), idp="never")
"""FreeIPA, by Dogtag: a CRL every four hours, good for four hours; deltas, issuing distribution point and
freshestCRL are off. Source: RHEL's documentation of IdM, and Dogtag's CS.cfg. Without a grace period each CRL
ends when the next one is due; an hour of it, ``replace(FREEIPA, full=Schedule(4 h, 5 h))``, is the usual cure
(freeipa 7872)."""

EJBCA_PARTITIONED = Publishing(
    full=Schedule(every=_DAY, life=_DAY + _HOUR),
    shards=AtRandom(10),
    keep_expired=timedelta(),
)
"""EJBCA with partitioned CRLs: at random, with a critical issuing distribution point. Source: Keyfactor's
documentation of partitioned CRLs and of the CRL updater. Ten partitions, a day and an hour of overlap are
filled in."""

DIGICERT = Publishing(
    full=Schedule(every=_DAY, life=7 * _DAY),
    shards=Filling(100_000),
    keep_expired=timedelta(),
)
"""DigiCert since 2026: one partition takes new certificates until it is full, and a complete CRL is kept.
Source: its alert 96. 100,000 certificates a partition, a day and a week are filled in."""

NAMED = {
    "immediate": IMMEDIATE,
    "lets-encrypt": LETS_ENCRYPT,
    "lets-encrypt-2022": LETS_ENCRYPT_2022,
    "ad-cs": AD_CS,
    "ad-cs-partitioned": AD_CS_PARTITIONED,
    "vault": VAULT,
    "vault-auto": VAULT_AUTO,
    "step-ca": STEP_CA,
    "google-cas": GOOGLE_CAS,
    "aws-private-ca": AWS_PRIVATE_CA,
    "aws-partitioned": AWS_PARTITIONED,
    "freeipa": FREEIPA,
    "ejbca-partitioned": EJBCA_PARTITIONED,
    "digicert": DIGICERT,
}
"""The values above, by name."""


def named(name: str) -> Publishing:
    """The value of that name. Raises LookupError, with near names, where there is none."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a way to publish is a text, such as 'lets-encrypt'; got {name!r}")
    found = NAMED.get(name.lower().replace("_", "-"))
    if found is None:
        hint = suggest(name.lower(), NAMED, cutoff=0.4)
        raise LookupError(f"there is no way to publish {name!r}; {hint}")
    return found
