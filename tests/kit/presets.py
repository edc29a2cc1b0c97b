"""The presets of stapling servers, and what each staples in every mood of its responder."""

from dataclasses import replace
from datetime import timedelta

from mockpki import PKI, Leaf, faults, staplers
from mockpki.faults import OCSPFault
from mockpki.staplers import StaplePolicy, Stapler

NO_TIME = timedelta()
POLICIES: dict[str, StaplePolicy] = {
    **staplers.NAMED,
    "apache, ReturnResponderErrors off": replace(staplers.APACHE, on_error_resp="omit"),
    "apache, FakeTryLater off": replace(staplers.APACHE, on_no_answer="omit", no_answer_ttl=NO_TIME),
}
FILES = [name for name, policy in POLICIES.items() if policy.trigger == "file"]
MOODS: dict[str, tuple[OCSPFault, ...]] = {
    "good": (),
    "revoked": (),
    "unknown": (),
    "tryLater": (faults.TryLater(),),
    "HTTP 500": (faults.HttpStatus(500),),
    "refused": (faults.Refused(),),
}

# The staples of three handshakes, one after the other, and how many fetches there were before the first and
# after the last.
G, R, U, T, N, X = "good", "revoked", "unknown", "try_later", "none", "aborted"
Seen = tuple[tuple[str, str, str], int, int]


def same(word: str, before: int, after: int) -> Seen:
    """The same staple three times."""
    return (word, word, word), before, after


NEVER = same(N, 1, 1)
FILE = {
    "good": same(G, 0, 0), "revoked": same(R, 0, 0), "unknown": same(U, 0, 0),
    "tryLater": same(G, 0, 0), "HTTP 500": same(G, 0, 0), "refused": same(G, 0, 0),
}  # fmt: skip
GOOD_ONLY = {
    "good": same(G, 1, 1), "revoked": NEVER, "unknown": NEVER,
    "tryLater": NEVER, "HTTP 500": NEVER, "refused": NEVER,
}  # fmt: skip
NOT_UNKNOWN = {**GOOD_ONLY, "revoked": same(R, 1, 1)}
APACHE = {
    "good": same(G, 0, 1), "revoked": same(R, 0, 1), "unknown": same(U, 0, 1),
    "tryLater": same(T, 0, 1), "HTTP 500": same(T, 0, 1), "refused": same(T, 0, 1),
}  # fmt: skip
NO_FAKE = {"HTTP 500": same(N, 0, 3), "refused": same(N, 0, 3)}
LATER = same(N, 0, 1)
TABLE: dict[str, dict[str, Seen]] = {
    "nginx": {
        "good": ((N, G, G), 0, 1), "revoked": LATER, "unknown": LATER,
        "tryLater": LATER, "HTTP 500": LATER, "refused": LATER,
    },
    "nginx-file": FILE,
    "apache": APACHE,
    "apache, ReturnResponderErrors off": {**APACHE, "tryLater": same(N, 0, 1)},
    "apache, FakeTryLater off": {**APACHE, **NO_FAKE},
    "apache-quiet": {**APACHE, **NO_FAKE, "tryLater": same(N, 0, 1)},
    "mod-md": NOT_UNKNOWN,
    "haproxy": NOT_UNKNOWN,
    "caddy": GOOD_ONLY,
    "hitch": GOOD_ONLY,
    "envoy-lenient": FILE,
    "envoy-strict": FILE,
    "envoy-must-staple": FILE,
    "node-ocsp": {
        "good": same(G, 0, 1), "revoked": same(R, 0, 3), "unknown": same(U, 0, 3),
        "tryLater": same(T, 0, 3), "HTTP 500": same(X, 0, 3), "refused": same(X, 0, 3),
    },
    "jsse": {
        "good": same(G, 0, 1), "revoked": same(R, 0, 1), "unknown": same(U, 0, 1),
        "tryLater": same(N, 0, 3), "HTTP 500": same(N, 0, 3), "refused": same(N, 0, 3),
    },
    # One handshake more than the others goes by before there is a staple.
    "squarespace": {
        "good": ((N, N, G), 0, 1), "revoked": LATER, "unknown": LATER,
        "tryLater": LATER, "HTTP 500": LATER, "refused": LATER,
    },
    "ideal": NOT_UNKNOWN,
}  # fmt: skip

# An answer that is soon over.
LIFE = timedelta(minutes=20)
SHORT = faults.Long(before=NO_TIME, after=LIFE)


def made_good(pki: PKI, leaf: Leaf, policy: StaplePolicy) -> Stapler:
    """A stapler of that policy, whose file, if it reads one, is good for a short time."""
    stapler = Stapler(policy)
    if policy.trigger == "file":
        stapler.preload(leaf, pki.ocsp.response_for(leaf, SHORT))
    return stapler
