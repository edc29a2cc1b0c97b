"""What RFC 5280 section 6.3.3 says in a hundred situations, written out by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from cryptography import x509

from tests.kit.crl_world import (
    CA,
    CRL_ISSUER,
    DAY,
    EARLY,
    ELSE,
    FRESH,
    HELD,
    HOUR,
    KEYS,
    LISTED,
    NEW_KEY,
    OTHER_CA,
    OTHER_ROOT,
    REMOVED,
    ROOT,
    ROUTINE,
    STALE,
    UNKNOWN,
    YEAR,
    A,
    Authority,
    B,
    Entry,
    Flags,
    crl,
    directory,
    leaf,
    name,
    point,
    relative,
    scope,
    url,
)

GOOD, REVOKED, UNDETERMINED = "good", "revoked", "undetermined"


@dataclass(frozen=True)
class Case:
    """A certificate and all CRLs that there are.

    *whole* is the status where delta CRLs and extended CRLs are understood, *plain* where they are not (None:
    the same). *others* are who else there is.
    """

    name: str
    certificate: Callable[[], x509.Certificate]
    crls: Callable[[], Sequence[bytes]]
    whole: str
    plain: str
    others: tuple[Authority, ...] = (CRL_ISSUER,)

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificate, and what leads to the root."""
        return self.certificate(), CA.certificate, ROOT.certificate


CASES: list[Case] = []


def case(
    name: str,
    certificate: Callable[[], x509.Certificate],
    crls: Callable[[], Sequence[bytes]],
    whole: str,
    plain: str | None = None,
    others: tuple[Authority, ...] = (CRL_ISSUER,),
) -> None:
    """Put one into the table."""
    CASES.append(Case(name, certificate, crls, whole, plain or whole, others))


# The basic case.
case("good", lambda: leaf(A), lambda: [crl(ELSE)], GOOD)
case("good-empty", lambda: leaf(A), lambda: [crl()], GOOD)
case("revoked", lambda: leaf(A), lambda: [crl(ELSE, LISTED)], REVOKED)
case("revoked-on-hold", lambda: leaf(A), lambda: [crl(HELD)], REVOKED)
case("no-point-good", lambda: leaf(), lambda: [crl()], GOOD)
case("no-point-revoked", lambda: leaf(), lambda: [crl(LISTED)], REVOKED)
case("no-crl", lambda: leaf(A), list, UNDETERMINED)
case("stale", lambda: leaf(A), lambda: [crl(times=STALE)], UNDETERMINED)
case("early", lambda: leaf(A), lambda: [crl(times=EARLY)], UNDETERMINED)
case("stranger-signed", lambda: leaf(A), lambda: [crl(signed_with="stranger")], UNDETERMINED)
case("other-ca", lambda: leaf(A), lambda: [crl(LISTED, by=OTHER_CA)], UNDETERMINED, others=(OTHER_CA,))
case("critical-extension", lambda: leaf(A), lambda: [crl(more=UNKNOWN)], UNDETERMINED)
case("critical-entry-extension", lambda: leaf(A), lambda: [crl(replace(ELSE, more=UNKNOWN))], UNDETERMINED)

# Shards: the name of the distribution point, (b) (2) (i).
case("shard-good", lambda: leaf(A), lambda: [crl(idp=scope(url("a")))], GOOD)
case("shard-revoked", lambda: leaf(A), lambda: [crl(LISTED, idp=scope(url("a")))], REVOKED)
case("other-shard-silent", lambda: leaf(A), lambda: [crl(idp=scope(url("b")))], UNDETERMINED)
case("other-shard-lists", lambda: leaf(A), lambda: [crl(LISTED, idp=scope(url("b")))], UNDETERMINED)
case(
    "both-shards",
    lambda: leaf(A),
    lambda: [crl(LISTED, idp=scope(url("b")), number=9), crl(idp=scope(url("a")))],
    GOOD,
)
case("shard-of-two-names", lambda: leaf(A), lambda: [crl(LISTED, idp=scope(url("b"), url("a")))], REVOKED)
case(
    "point-of-two-names",
    lambda: leaf(point(url("x"), url("a"))),
    lambda: [crl(LISTED, idp=scope(url("a")))],
    REVOKED,
)
case("second-point", lambda: leaf(A, B), lambda: [crl(LISTED, idp=scope(url("b")))], REVOKED)
case("second-point-good", lambda: leaf(A, B), lambda: [crl(idp=scope(url("b")))], GOOD)
case(
    "first-point-stale",
    lambda: leaf(A, B),
    lambda: [crl(idp=scope(url("a")), times=STALE), crl(LISTED, idp=scope(url("b")))],
    REVOKED,
)
case(
    "first-point-of-another-ca",
    lambda: leaf(A, B),
    lambda: [crl(idp=scope(url("a")), by=OTHER_CA), crl(idp=scope(url("b")))],
    GOOD,
    others=(OTHER_CA,),
)
case(
    "directory-name",
    lambda: leaf(point(directory("Place"))),
    lambda: [crl(LISTED, idp=scope(directory("Place")))],
    REVOKED,
)
case(
    "directory-name-differs",
    lambda: leaf(point(directory("Place"))),
    lambda: [crl(idp=scope(directory("Elsewhere")))],
    UNDETERMINED,
)
case(
    "relative-names",
    lambda: leaf(point(below=relative("1"))),
    lambda: [crl(LISTED, idp=scope(below=relative("1")))],
    REVOKED,
)
case(
    "relative-names-differ",
    lambda: leaf(point(below=relative("1"))),
    lambda: [crl(idp=scope(below=relative("2")))],
    UNDETERMINED,
)
case(
    "relative-name-of-a-full-one",
    lambda: leaf(point(x509.DirectoryName(x509.Name([*name("CA").rdns, relative("1")])))),
    lambda: [crl(LISTED, idp=scope(below=relative("1")))],
    REVOKED,
)
case("no-point-but-a-shard", lambda: leaf(), lambda: [crl(idp=scope(url("a")))], UNDETERMINED)
# The last paragraph: CRLs outside any distribution point, which need more than the basic case.
case(
    "no-point-named-by-issuer",
    lambda: leaf(),
    lambda: [crl(LISTED, idp=scope(directory("CA")))],
    REVOKED,
    UNDETERMINED,
)
case(
    "no-point-named-by-alternative",
    lambda: leaf(more=[x509.IssuerAlternativeName([x509.DNSName("ca.invalid")])]),
    lambda: [crl(idp=scope(x509.DNSName("ca.invalid")))],
    GOOD,
    UNDETERMINED,
)
case("outside-every-point", lambda: leaf(A), lambda: [crl(idp=scope(directory("CA")))], GOOD, UNDETERMINED)

# Kinds, (b) (2) (ii) to (iv).
case("users-good", lambda: leaf(A), lambda: [crl(idp=scope(users=True))], GOOD)
case("users-revoked", lambda: leaf(A), lambda: [crl(LISTED, idp=scope(url("a"), users=True))], REVOKED)
case("users-for-a-ca", lambda: leaf(A, ca=True), lambda: [crl(idp=scope(users=True))], UNDETERMINED)
case("cas-for-a-user", lambda: leaf(A), lambda: [crl(LISTED, idp=scope(cas=True))], UNDETERMINED)
case("cas-good", lambda: leaf(A, ca=True), lambda: [crl(idp=scope(cas=True))], GOOD)
case("cas-revoked", lambda: leaf(A, ca=True), lambda: [crl(LISTED, idp=scope(cas=True))], REVOKED)
case("attributes", lambda: leaf(A), lambda: [crl(LISTED, idp=scope(attributes=True))], UNDETERMINED)
case(
    "both-kinds",
    lambda: leaf(A),
    lambda: [crl(LISTED, idp=scope(cas=True), number=8), crl(idp=scope(users=True))],
    GOOD,
)

# Numbers: of two CRLs of one scope the higher counts, if it is current.
NEWER = (-HOUR, DAY)
case("released", lambda: leaf(A), lambda: [crl(HELD), crl(number=6, times=NEWER)], GOOD)
case(
    "newly-revoked",
    lambda: leaf(A),
    lambda: [crl(number=6, times=NEWER), crl(LISTED, number=7, times=(-HOUR / 2, DAY))],
    REVOKED,
)
case("next-one-early", lambda: leaf(A), lambda: [crl(), crl(LISTED, number=6, times=EARLY)], GOOD)
case("newest-is-stale", lambda: leaf(A), lambda: [crl(LISTED), crl(number=6, times=STALE)], REVOKED)
case(
    "newest-is-forged",
    lambda: leaf(A),
    lambda: [crl(LISTED, times=NEWER), crl(number=6, signed_with="stranger")],
    REVOKED,
)
case("no-number", lambda: leaf(A), lambda: [crl(LISTED, number=None)], REVOKED)
case(
    "large-numbers",
    lambda: leaf(A),
    lambda: [crl(HELD, number=2**64), crl(number=2**64 + 1, times=NEWER)],
    GOOD,
)

# Deltas: section 5.2.4.
delta = partial(crl, base=5, number=6, times=NEWER)
case("delta-revoked", lambda: leaf(A, freshest=True), lambda: [crl(), delta(LISTED)], REVOKED, GOOD)
case("delta-by-the-crl", lambda: leaf(A), lambda: [crl(freshest=True), delta(LISTED)], REVOKED, GOOD)
case("delta-by-nobody", lambda: leaf(A), lambda: [crl(), delta(LISTED)], GOOD)
case("delta-silent", lambda: leaf(A, freshest=True), lambda: [crl(LISTED), delta(ELSE)], REVOKED)
case("delta-good", lambda: leaf(A, freshest=True), lambda: [crl(), delta(ELSE)], GOOD)
case("delta-released", lambda: leaf(A, freshest=True), lambda: [crl(HELD), delta(REMOVED)], GOOD, REVOKED)
case("delta-held-and-released", lambda: leaf(A, freshest=True), lambda: [crl(), delta(REMOVED)], GOOD)
case(
    "delta-held-then-revoked",
    lambda: leaf(A, freshest=True),
    lambda: [crl(HELD), delta(Entry(reason=Flags.key_compromise))],
    REVOKED,
)
case(
    "delta-for-an-older-base",
    lambda: leaf(A, freshest=True),
    lambda: [crl(), crl(LISTED, base=4, number=6, times=NEWER)],
    REVOKED,
    GOOD,
)
case(
    "delta-base-too-new",
    lambda: leaf(A, freshest=True),
    lambda: [crl(), crl(LISTED, base=6, number=7, times=NEWER)],
    GOOD,
)
case(
    "delta-with-the-base",
    lambda: leaf(A, freshest=True),
    lambda: [crl(), crl(HELD, base=4, number=5, times=FRESH)],
    GOOD,
)
case(
    "delta-obsolete",
    lambda: leaf(A, freshest=True),
    lambda: [crl(number=7, times=NEWER), crl(HELD, base=5, number=6)],
    GOOD,
)
case(
    "delta-stale",
    lambda: leaf(A, freshest=True),
    lambda: [crl(HELD), crl(REMOVED, base=5, number=6, times=STALE)],
    REVOKED,
)
case(
    "delta-early",
    lambda: leaf(A, freshest=True),
    lambda: [crl(), crl(LISTED, base=5, number=6, times=EARLY)],
    GOOD,
)
case("delta-revives", lambda: leaf(A, freshest=True), lambda: [crl(times=STALE), delta()], GOOD, UNDETERMINED)
case(
    "delta-revives-revoked",
    lambda: leaf(A, freshest=True),
    lambda: [crl(times=STALE), delta(LISTED)],
    REVOKED,
    UNDETERMINED,
)
case(
    "delta-for-an-early-base",
    lambda: leaf(A, freshest=True),
    lambda: [crl(times=EARLY), delta()],
    UNDETERMINED,
)
case(
    "delta-critical-entry-extension",
    lambda: leaf(A, freshest=True),
    lambda: [crl(LISTED), delta(REMOVED, replace(ELSE, more=UNKNOWN))],
    REVOKED,
)
case(
    "delta-critical-extension",
    lambda: leaf(A, freshest=True),
    lambda: [crl(LISTED), delta(REMOVED, more=UNKNOWN)],
    REVOKED,
)
case(
    "delta-of-the-shard",
    lambda: leaf(A, freshest=True),
    lambda: [crl(idp=scope(url("a"))), delta(LISTED, idp=scope(url("a")))],
    REVOKED,
    GOOD,
)
case(
    "delta-of-another-shard",
    lambda: leaf(A, freshest=True),
    lambda: [crl(idp=scope(url("a"))), delta(LISTED, idp=scope(url("b")))],
    GOOD,
)
case(
    "delta-without-scope",
    lambda: leaf(A, freshest=True),
    lambda: [crl(idp=scope(url("a"))), delta(LISTED)],
    GOOD,
)
case(
    "delta-with-scope",
    lambda: leaf(A, freshest=True),
    lambda: [crl(), delta(LISTED, idp=scope(url("a")))],
    GOOD,
)
case(
    "delta-forged",
    lambda: leaf(A, freshest=True),
    lambda: [crl(), delta(LISTED, signed_with="stranger")],
    GOOD,
)
case(
    "delta-by-another-key",
    lambda: leaf(A, freshest=True),
    lambda: [crl(), delta(LISTED, by=NEW_KEY)],
    GOOD,
    others=(NEW_KEY,),
)
case(
    "two-deltas",
    lambda: leaf(A, freshest=True),
    lambda: [crl(), crl(HELD, base=5, number=6), crl(REMOVED, base=5, number=7, times=NEWER)],
    GOOD,
)
case("delta-alone", lambda: leaf(A, freshest=True), lambda: [delta(LISTED)], UNDETERMINED)
case("removed-by-a-complete-one", lambda: leaf(A), lambda: [crl(REMOVED)], GOOD)

# Indirect: (b) (1) and section 5.3.3.
BY_ISSUER = point(url("i"), crl_issuer="CRL Issuer")
INDIRECT = scope(url("i"), indirect=True)
FOR_CA = Entry(issuer="CA")
case(
    "indirect-revoked",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(FOR_CA, by=CRL_ISSUER, idp=INDIRECT)],
    REVOKED,
    UNDETERMINED,
)
case("indirect-good", lambda: leaf(BY_ISSUER), lambda: [crl(by=CRL_ISSUER, idp=INDIRECT)], GOOD, UNDETERMINED)
case(
    "indirect-without-name",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(FOR_CA, by=CRL_ISSUER, idp=scope(indirect=True))],
    REVOKED,
    UNDETERMINED,
)
case(
    "indirect-other-issuer",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(Entry(issuer="Other CA"), by=CRL_ISSUER, idp=INDIRECT)],
    GOOD,
    UNDETERMINED,
)
case(
    "indirect-inherited",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(replace(ELSE, issuer="CA"), LISTED, by=CRL_ISSUER, idp=INDIRECT)],
    REVOKED,
    UNDETERMINED,
)
case(
    "indirect-inherited-from-another",
    lambda: leaf(BY_ISSUER),
    lambda: [
        crl(Entry(7, issuer="CA"), replace(ELSE, issuer="Other CA"), LISTED, by=CRL_ISSUER, idp=INDIRECT)
    ],
    GOOD,
    UNDETERMINED,
)
case(
    "indirect-default-issuer",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(LISTED, by=CRL_ISSUER, idp=INDIRECT)],
    GOOD,
    UNDETERMINED,
)
case(
    "indirect-not-asserted",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(by=CRL_ISSUER, idp=scope(url("i")))],
    UNDETERMINED,
)
case(
    "indirect-by-someone-else",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(by=OTHER_CA, idp=INDIRECT)],
    UNDETERMINED,
    others=(CRL_ISSUER, OTHER_CA),
)
case(
    "indirect-not-named",
    lambda: leaf(point(url("i"))),
    lambda: [crl(by=CRL_ISSUER, idp=INDIRECT)],
    UNDETERMINED,
)
case(
    "indirect-by-the-ca",
    lambda: leaf(A),
    lambda: [crl(Entry(7, issuer="Other CA"), idp=scope(url("a"), indirect=True))],
    GOOD,
    UNDETERMINED,
)
case(
    "indirect-by-the-ca-revoked",
    lambda: leaf(A),
    lambda: [crl(LISTED, Entry(7, issuer="Other CA"), idp=scope(url("a"), indirect=True))],
    REVOKED,
    UNDETERMINED,
)
case(
    "indirect-by-the-root",
    lambda: leaf(point(url("i"), crl_issuer="Root")),
    lambda: [crl(FOR_CA, by=ROOT, idp=INDIRECT)],
    REVOKED,
    UNDETERMINED,
)
case(
    "indirect-point-without-name",
    lambda: leaf(point(crl_issuer="CRL Issuer")),
    lambda: [crl(FOR_CA, by=CRL_ISSUER, idp=scope(directory("CRL Issuer"), indirect=True))],
    REVOKED,
    UNDETERMINED,
)
case(
    "indirect-point-without-that-name",
    lambda: leaf(point(crl_issuer="CRL Issuer")),
    lambda: [crl(by=CRL_ISSUER, idp=INDIRECT)],
    UNDETERMINED,
)
case(
    "indirect-relative-names",
    lambda: leaf(point(below=relative("1"), crl_issuer="CRL Issuer")),
    lambda: [crl(FOR_CA, by=CRL_ISSUER, idp=scope(below=relative("1"), indirect=True))],
    REVOKED,
    UNDETERMINED,
)
case(
    "indirect-delta",
    lambda: leaf(BY_ISSUER, freshest=True),
    lambda: [crl(by=CRL_ISSUER, idp=INDIRECT), delta(FOR_CA, by=CRL_ISSUER, idp=INDIRECT)],
    REVOKED,
    UNDETERMINED,
)
case(
    "indirect-without-crl-sign",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(by=CRL_ISSUER, idp=INDIRECT)],
    UNDETERMINED,
    others=(replace(CRL_ISSUER, crl_sign=False),),
)
case(
    "indirect-of-another-root",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(by=CRL_ISSUER, idp=INDIRECT)],
    UNDETERMINED,
    others=(replace(CRL_ISSUER, by=OTHER_ROOT), OTHER_ROOT),
)
case(
    "indirect-issuer-expired",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(by=CRL_ISSUER, idp=INDIRECT)],
    UNDETERMINED,
    others=(replace(CRL_ISSUER, valid=(-YEAR, -DAY)),),
)
case(
    "indirect-issuer-missing",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(by=CRL_ISSUER, idp=INDIRECT)],
    UNDETERMINED,
    others=(),
)
case(
    "indirect-in-vain",
    lambda: leaf(BY_ISSUER),
    lambda: [crl(LISTED)],
    REVOKED,
)
case(
    "indirect-in-vain-good",
    lambda: leaf(BY_ISSUER),
    lambda: [crl()],
    GOOD,
)
case(
    "indirect-by-the-issuer-itself",
    lambda: leaf(point(url("a"), crl_issuer="CA")),
    lambda: [crl(LISTED)],
    REVOKED,
)

# Reasons: (d), (e) and (l).
HALVES = point(url("k"), reasons=KEYS), point(url("r"), reasons=ROUTINE)
FIRST, SECOND = scope(url("k"), some=KEYS), scope(url("r"), some=ROUTINE)
case("reasons-good", lambda: leaf(*HALVES), lambda: [crl(idp=FIRST), crl(idp=SECOND)], GOOD, UNDETERMINED)
case("reasons-first-half", lambda: leaf(*HALVES), lambda: [crl(idp=FIRST)], UNDETERMINED)
case("reasons-second-half", lambda: leaf(*HALVES), lambda: [crl(idp=SECOND)], UNDETERMINED)
case("reasons-first-lists", lambda: leaf(*HALVES), lambda: [crl(LISTED, idp=FIRST)], REVOKED, UNDETERMINED)
case(
    "reasons-second-lists",
    lambda: leaf(*HALVES),
    lambda: [crl(idp=FIRST), crl(LISTED, idp=SECOND)],
    REVOKED,
    UNDETERMINED,
)
case(
    "reasons-one-stale",
    lambda: leaf(*HALVES),
    lambda: [crl(idp=FIRST), crl(idp=SECOND, times=STALE)],
    UNDETERMINED,
)
case(
    "reasons-of-the-list-alone",
    lambda: leaf(A, B),
    lambda: [crl(idp=scope(url("a"), some=KEYS)), crl(idp=scope(url("b"), some=ROUTINE))],
    GOOD,
    UNDETERMINED,
)
case("reasons-of-the-point-alone", lambda: leaf(point(url("k"), reasons=KEYS)), lambda: [crl()], UNDETERMINED)
case(
    "reasons-in-common",
    lambda: leaf(point(url("k"), reasons=KEYS | {Flags.superseded}), point(url("r"), reasons=ROUTINE)),
    lambda: [crl(idp=FIRST), crl(idp=SECOND)],
    GOOD,
    UNDETERMINED,
)
case(
    "reasons-not-in-common",
    lambda: leaf(point(url("k"), reasons=KEYS - {Flags.ca_compromise}), point(url("r"), reasons=ROUTINE)),
    lambda: [crl(idp=FIRST), crl(idp=SECOND)],
    UNDETERMINED,
)
case(
    "reasons-of-one-list-for-both",
    lambda: leaf(*HALVES),
    lambda: [crl(idp=scope(url("k"), url("r")))],
    GOOD,
)
case(
    "reasons-delta",
    lambda: leaf(*HALVES, freshest=True),
    lambda: [crl(idp=FIRST), crl(idp=SECOND), delta(LISTED, idp=SECOND)],
    REVOKED,
    UNDETERMINED,
)

# Another key of the same name: (f).
case("new-key-revoked", lambda: leaf(A), lambda: [crl(LISTED, by=NEW_KEY)], REVOKED, UNDETERMINED, (NEW_KEY,))
case("new-key-good", lambda: leaf(A), lambda: [crl(by=NEW_KEY)], GOOD, UNDETERMINED, (NEW_KEY,))
case(
    "new-key-by-the-old",
    lambda: leaf(A),
    lambda: [crl(LISTED, by=NEW_KEY)],
    REVOKED,
    UNDETERMINED,
    (replace(NEW_KEY, by=CA),),
)
case("new-key-unknown", lambda: leaf(A), lambda: [crl(LISTED, by=NEW_KEY)], UNDETERMINED, others=())
case(
    "new-key-self-signed",
    lambda: leaf(A),
    lambda: [crl(LISTED, by=NEW_KEY)],
    UNDETERMINED,
    others=(replace(NEW_KEY, by=None),),
)
case(
    "new-key-without-crl-sign",
    lambda: leaf(A),
    lambda: [crl(LISTED, by=NEW_KEY)],
    UNDETERMINED,
    others=(replace(NEW_KEY, crl_sign=False),),
)
case(
    "new-key-of-another-root",
    lambda: leaf(A),
    lambda: [crl(LISTED, by=NEW_KEY)],
    UNDETERMINED,
    others=(replace(NEW_KEY, by=OTHER_ROOT), OTHER_ROOT),
)
case(
    "old-key-stale",
    lambda: leaf(A),
    lambda: [crl(times=STALE), crl(LISTED, number=6, by=NEW_KEY)],
    REVOKED,
    UNDETERMINED,
    (NEW_KEY,),
)
case(
    "new-key-shard",
    lambda: leaf(A),
    lambda: [crl(LISTED, by=NEW_KEY, idp=scope(url("a")))],
    REVOKED,
    UNDETERMINED,
    (NEW_KEY,),
)
case(
    "new-key-delta",
    lambda: leaf(A, freshest=True),
    lambda: [crl(by=NEW_KEY), delta(LISTED, by=NEW_KEY)],
    REVOKED,
    UNDETERMINED,
    (NEW_KEY,),
)
