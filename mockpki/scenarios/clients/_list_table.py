"""The part of the table about CRLs as CAs publish them: in shards, with deltas, by reason, now and then.

What the certificate names is the CRL alone, so that a verdict can have come from nowhere else. Each row says
what is staged; the clause that a client goes by stands above it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ... import faults
from ..._pkix.window import BACKDATED_BY
from ...publishing import AtRandom, ByReason, BySerial, Deltas, Publishing, Schedule
from ._history import Held, Instead, Published, Released, Revoked, Visited
from ._offer import Offer, Says
from ._scenario import Scenario

_THREE_DAYS = timedelta(days=3)
_WEEK = timedelta(days=7)
_RARELY = Schedule(every=_WEEK, life=_WEEK + timedelta(days=1), backdate=BACKDATED_BY)
"""So seldom that nothing is signed but what a scenario says."""
_DELTAS = Deltas(Schedule(every=None, life=_WEEK, backdate=BACKDATED_BY))
_SHARDS = BySerial(4, first=1)

_ON_SCHEDULE = Publishing(_RARELY)
_SHARDED = Publishing(_RARELY, shards=_SHARDS)
_WITH_DELTAS = Publishing(_RARELY, deltas=_DELTAS)
_SHARDED_WITH_DELTAS = Publishing(_RARELY, shards=AtRandom(4, aggregate=True), deltas=_DELTAS)
_BY_REASON = Publishing(_RARELY, shards=ByReason())
_NAMED_NOWHERE = Publishing(_RARELY, idp="always", in_certificates=False)

_GOOD, _REVOKED = Says.GOOD, Says.REVOKED
_UNDETERMINED = (
    "RFC 5280 section 6.3.3 (a) says to obtain the current delta CRL, and not what is known without one"
)


def _crl(name: str, sentence: str, says: Says, *bent: Any, **rest: Any) -> Scenario:
    """A scenario in which the CRL *says* that, with these faults; *rest* are fields of both."""
    own = {key: rest.pop(key) for key in tuple(rest) if key in _OF_SCENARIOS}
    return Scenario(f"crl-{name}", sentence, crl=Offer(says, bent, **rest), **own)


_OF_SCENARIOS = ("publishes", "history", "status", "indirect")


def _list_shards() -> list[Scenario]:
    revoked = (Revoked(), Published())
    return [
        # RFC 5280 section 5.2.5: "The issuing distribution point is a critical CRL extension that identifies
        # the CRL distribution point and scope for a particular CRL".
        _crl(
            "shard-good", "The CRL is in four shards; the certificate's own does not list it.",
            _GOOD, publishes=_SHARDED,
        ),
        _crl(
            "shard-revoked", "The CRL is in four shards; the certificate's own lists it.",
            _REVOKED, publishes=_SHARDED, history=revoked,
        ),
        # Section 6.3.3 (b) (2) (i): "If the distribution point name is present in the IDP CRL extension and
        # the distribution field is present in the DP, then verify that one of the names in the IDP matches
        # one of the names in the DP."
        _crl(
            "shard-mismatch",
            "The certificate is revoked; the URL of its shard serves another shard, as that is signed.",
            Says.UNUSABLE, Instead("another shard"), publishes=_SHARDED, history=revoked,
        ),
        # Without the extension nobody can tell: section 5.2.5, and 7.2 of the Baseline Requirements, want it.
        _crl(
            "shard-without-idp",
            "The certificate is revoked; the URL of its shard serves another shard, and no shard says which "
            "it is: an exchange that nobody can see.",
            _GOOD, Instead("another shard", (faults.NoIssuingDistributionPoint(),)),
            publishes=_SHARDED, history=revoked,
        ),
        # Section 6.3.3: "assume a DP with both the reasons and the cRLIssuer fields omitted and a
        # distribution point name of the certificate issuer".
        _crl(
            "idp-no-cdp",
            "The certificate names no CRL, the client may have been told of it, and it is for a distribution "
            "point that is a URL.",
            Says.UNUSABLE, publishes=_NAMED_NOWHERE, where="told", also=Says.NOTHING,
            why="RFC 5280 section 6.3.3 has \"any available CRLs not specified in a distribution point\": "
            "who was not told of one has none",
        ),
        _crl(
            "second-point",
            "The certificate has two distribution points: the first is down, the second's CRL lists it.",
            _REVOKED, status="revoked", where="first point dead", also=Says.NO_ANSWER,
            why="RFC 5280 section 6.3.3 goes through the CRLs \"in the local CRL cache\", and does not say "
            "how many are fetched",
        ),
        _crl(
            "second-url",
            "The certificate has one distribution point with two URLs: the first is down, the second's CRL "
            "lists it.",
            _REVOKED, status="revoked", where="first dead", also=Says.NO_ANSWER,
            why="RFC 5280 section 4.2.1.13: each name \"describes a different mechanism to obtain the same "
            "CRL\", and it does not say how many a client tries",
        ),
        # Section 6.3.3 (b) (2) (iii): "If the onlyContainsCACerts boolean is asserted in the IDP CRL
        # extension, verify that the certificate includes the basic constraints extension with the cA boolean
        # asserted."
        _crl(
            "for-cas-only", "The certificate is a leaf's, and the CRL is one of CA certificates only.",
            Says.UNUSABLE, faults.IssuingDistributionPoint(only_ca=True),
        ),
    ]  # fmt: skip


def _list_issues() -> list[Scenario]:
    return [
        # Section 3.3: "one limitation of the CRL revocation method, using untrusted communications and
        # servers, is that the time granularity of revocation is limited to the CRL issue period".
        _crl(
            "not-yet-published", "The certificate is revoked, and the next CRL is not due yet.",
            _GOOD, publishes=_ON_SCHEDULE, history=(Revoked(),),
        ),
        # Section 5.1.2.5: "The next CRL could be issued before the indicated date".
        _crl(
            "served-from-cache",
            "The certificate is revoked, and the new CRL lists it; a cache serves the one before, which is "
            "still valid.",
            _GOOD, Instead("earlier issue"), publishes=_ON_SCHEDULE, history=(Revoked(), Published()),
        ),
        _crl(
            "number-back",
            "When the client first came, the CRL listed the certificate; now an earlier one is there, which "
            "does not, and is still valid.",
            _GOOD, Instead("earlier issue"),
            publishes=_ON_SCHEDULE, history=(Revoked(), Published(), Visited()), also=_REVOKED,
            why="RFC 5280 section 5.2.3: the number tells \"when a particular CRL supersedes another CRL\", "
            "so a client may keep the newer one",
        ),
        # Section 5.1.2.4: "This field indicates the issue date of this CRL."
        _crl(
            "next-one-early",
            "The CRL does not list the certificate, and is the one of three days from now: today's is gone.",
            Says.UNUSABLE, faults.Early(by=_THREE_DAYS), off_by=_THREE_DAYS, publishes=_ON_SCHEDULE,
        ),
        _crl(
            "not-modified",
            "When the client first came, the CRL did not list the certificate; now it does, and its server "
            "insists that nothing was modified (304).",
            Says.UNUSABLE, faults.NotModified(),
            publishes=_ON_SCHEDULE, history=(Visited(), Revoked(), Published()), also=_GOOD,
            why="RFC 9110 section 15.4.5: 304 is for a client that \"has a valid representation\", which one "
            "that keeps CRLs goes on using",
        ),
    ]  # fmt: skip


def _list_deltas() -> list[Scenario]:
    released = (Held(), Published(), Released(), Published(delta=True))
    revoked = (Revoked(), Published(delta=True))
    return [
        # Section 5.2.4: "A complete CRL and a delta CRL MAY be combined if the following four conditions are
        # satisfied", (a) to (d).
        _crl(
            "delta-revoked", "The CRL does not list the certificate; its delta CRL does.",
            _REVOKED, publishes=_WITH_DELTAS, history=revoked, without_deltas=_GOOD,
        ),
        # Section 5.3.1: "The removeFromCRL (8) reasonCode value may only appear in delta CRLs and indicates
        # that a certificate is to be removed from a CRL".
        _crl(
            "delta-released",
            "The CRL lists the certificate as on hold; its delta CRL takes it off (removeFromCRL).",
            _GOOD, publishes=_WITH_DELTAS, history=released, without_deltas=_REVOKED,
        ),
        # (c) "The CRL number of the complete CRL is equal to or greater than the BaseCRLNumber specified in
        # the delta CRL."
        _crl(
            "delta-base-too-new",
            "The delta CRL lists the certificate, and is for a later CRL than the one that a cache serves, "
            "which does not.",
            _GOOD, Instead("earlier issue"),
            publishes=_WITH_DELTAS, history=(Published(), *revoked), without_deltas=_GOOD,
            also=Says.UNUSABLE, why=_UNDETERMINED,
        ),
        # (d) "The CRL number of the complete CRL is less than the CRL number of the delta CRL."
        _crl(
            "delta-obsolete",
            "The certificate is off hold, and so on no CRL; the delta CRL is of before that, older than the "
            "CRL, and lists it.",
            _GOOD, publishes=_WITH_DELTAS,
            history=(Held(), Published(delta=True), Released(), Published()), without_deltas=_GOOD,
        ),
        # Section 6.3.3 (a) (1) (i) wants "the current delta CRL".
        _crl(
            "delta-stale",
            "The CRL lists the certificate as on hold; a delta CRL takes it off, and was good until three "
            "days ago.",
            _REVOKED, publishes=_WITH_DELTAS, history=released, without_deltas=_REVOKED,
            delta_faults=(faults.Stale(by=_THREE_DAYS),), off_by=_THREE_DAYS,
        ),
        _crl(
            "delta-missing",
            "The CRL does not list the certificate; of the delta CRL that it and the certificate name there "
            "is nothing but HTTP status 404.",
            _GOOD, publishes=_WITH_DELTAS, delta_faults=(faults.HttpStatus(404, b"not here"),),
            without_deltas=_GOOD, also=Says.UNUSABLE, why=_UNDETERMINED,
        ),
        # (b) "The complete CRL and delta CRL have the same scope."
        _crl(
            "delta-other-shard",
            "The shard of the certificate does not list it; in the place of the shard's delta CRL is that of "
            "the complete list, which does.",
            _GOOD, publishes=_SHARDED_WITH_DELTAS, history=revoked, without_deltas=_GOOD,
            delta_faults=(Instead("delta of all"),),
        ),
        # Section 5.2.4: the indicator is critical, and "A delta CRL only lists those certificates, within its
        # scope, whose revocation status has changed since the issuance of a referenced complete CRL."
        _crl(
            "delta-alone",
            "The certificate is revoked, and the CRL lists it; in its place is its delta CRL, which has "
            "nothing new.",
            Says.UNUSABLE, Instead("delta"),
            publishes=_WITH_DELTAS, history=(Revoked(), Published(), Published(delta=True)),
        ),
    ]  # fmt: skip


def _list_extended() -> list[Scenario]:
    indirect: Any = {"indirect": True, "without_extended": Says.UNUSABLE}
    by_another = "The CRL is indirect, by a CRL issuer whose certificate the server sends, too"
    return [
        # Section 5.3.3: "This CRL entry extension identifies the certificate issuer associated with an entry
        # in an indirect CRL".
        _crl(
            "indirect-revoked", f"{by_another}; it lists the certificate, by the name of its CA.",
            _REVOKED, history=(Revoked(),), **indirect,
        ),
        _crl(
            "indirect-other-issuer",
            f"{by_another}; it lists the serial number of the certificate, by the name of another CA.",
            _GOOD, history=(Revoked("another CA"),), **indirect,
        ),
        # "On subsequent entries in an indirect CRL, if this extension is not present, the certificate issuer
        # for the entry is the same as that for the preceding entry."
        _crl(
            "indirect-inherited",
            f"{by_another}; it lists the certificate behind another one of its CA, where the name of that is "
            "not repeated.",
            _REVOKED, history=(Revoked("another certificate"), Revoked()), **indirect,
        ),
        # Section 6.3.3 (d): "If the issuing distribution point (IDP) CRL extension is present and includes
        # onlySomeReasons and the DP includes reasons, then set interim_reasons_mask to the intersection".
        _crl(
            "reasons-good",
            "The CRL is in two, one for compromised keys and one for all other reasons; neither lists the "
            "certificate.",
            _GOOD, publishes=_BY_REASON, without_extended=Says.UNUSABLE,
        ),
        # "If the revocation status remains undetermined, then return the cert_status UNDETERMINED."
        _crl(
            "reasons-half",
            "The CRL is in two, one for compromised keys and one for all other reasons; the first does not "
            "list the certificate, the second is not there (404).",
            Says.NO_ANSWER, publishes=_BY_REASON, without_extended=Says.UNUSABLE,
            second_faults=(faults.HttpStatus(404, b"not here"),),
        ),
        # (f): "Obtain and validate the certification path for the issuer of the complete CRL."
        _crl(
            "key-rolled",
            "The CA has a new key, whose certificate the server sends, too; the CRL is signed with that, and "
            "lists the certificate.",
            _REVOKED, Instead("new key"), status="revoked", without_extended=Says.UNUSABLE,
        ),
    ]  # fmt: skip


LISTS: tuple[Scenario, ...] = (*_list_shards(), *_list_issues(), *_list_deltas(), *_list_extended())
"""CRLs as CAs publish them."""
