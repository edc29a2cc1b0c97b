"""The control: a client is judged only if it accepts where nothing is wrong, and was really there.

1. A client that rejects everywhere, because it does not trust the CA or speaks another protocol, has said
   nothing about revocation, whatever it rejects elsewhere.
2. What was seen there is told in a sentence that says what to mend.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from types import CodeType, FunctionType
from weakref import WeakKeyDictionary

from ..._tls.spoken import OWN_HTTP, Spoken
from ._filter_offer import FilterOffer
from ._judging import Outcome
from ._offer import Offer, Says
from ._scenario import Scenario
from ._seen import Seen

_GOOD = Offer(Says.GOOD)

CONTROL = Scenario(
    "control",
    "Nothing is wrong: staple, responder and CRL say good.",
    *(_GOOD, _GOOD, _GOOD),
    crlite=FilterOffer(Says.GOOD),
)
"""Where every source is there and says good. It stands in no table: it is what comes before."""

_REVOCATION = {"certificate_revoked", "bad_certificate_status_response"}
_CERTIFICATE = {"bad_certificate", "unsupported_certificate", "certificate_expired", "certificate_unknown"}
_TRUST, _NAME = "give it {ca_file}", "let it expect the name {server_name}"


def find_trouble(outcome: Outcome, seen: Seen) -> str:
    """Why a client that did this in the control cannot be judged; an empty text if it can."""
    if not seen:
        return "the client never came: neither the server nor the services saw anything of it"
    if outcome.accepted is None:
        return "it came to no verdict where nothing is wrong"
    if seen.handshakes and not seen.completed:
        return _explain_handshake(outcome, seen)
    if outcome.accepted:
        return ""
    if "unknown_ca" in seen.alerts:
        return _explain_handshake(outcome, seen)
    if not seen.handshakes:
        did = f"it asked for {' and '.join(sorted(seen.asked))}" if seen.asked else "it was given files alone"
        return f"{did}, and rejected where every source says good"
    if any(shake.requests for shake in seen.handshakes):
        return (
            "it failed after the handshake, though its request was answered with HTTP status 200: "
            "what else does it want, or is its verdict read wrongly?"
        )
    return (
        "it failed after the handshake: does it speak HTTP? see handler=, forward_to= and before_tls= of "
        "check(), and --forward-to. "
        f"Or it looks at trust and names only then: {_TRUST}, and {_NAME}"
    )


def _explain_handshake(outcome: Outcome, seen: Seen) -> str:
    """Why no handshake was completed, by its alert or by what the server made of it."""
    alerts = set(seen.alerts)
    said = f" (alert {seen.alerts[-1]})" if alerts else ""
    errors = (shake.error for shake in reversed(seen.handshakes) if shake.error)
    none = f"it completed no TLS handshake{said}"
    if "unknown_ca" in alerts:
        why = f"it does not trust the CA: {_TRUST}"
    elif alerts & _REVOCATION:
        why = f"it rejects as revoked, or for its staple, a certificate of which all say good{said}"
    elif alerts & _CERTIFICATE:
        why = f"it does not accept a certificate of which all say good{said}: {_TRUST}, and {_NAME}"
    else:
        why = f"{none}: {next(errors, 'it is still under way')}"
    return f"it accepted, and yet {none}; {why}" if outcome.accepted else why


def describe_trouble(
    trouble: str, outcome: Outcome, seen: Seen, *, where: Scenario = CONTROL, expected: str = "accept"
) -> str:
    """The whole failure of a test whose client cannot be judged, for what it did *where* that is staged."""
    did = {True: "accepted", False: "rejected", None: "came to no verdict"}[outcome.accepted]
    words = f": {outcome.words}" if outcome.words else ""
    return "\n".join(
        (
            f"not judged: {trouble}",
            f"staged:   {where.sentence}",
            f"expected: {expected}, before anything is judged",
            f"happened: the client {did} after {outcome.seconds:.2f} s{words}",
            "seen:",
            str(seen),
        )
    )


class Memory:
    """What the controls of a function came to, so that a client goes there once for many scenarios.

    A function that holds nothing of its own is known by its code, and so is the lambda that a test makes
    anew each time; one that does is known as long as it lives. What else can be called is not known again,
    and nobody is where something else is spoken: a handler has to be known, too.
    """

    def __init__(self) -> None:
        self._codes: dict[tuple[CodeType, Hashable], tuple[object, str]] = {}
        self._functions: WeakKeyDictionary[Callable[..., object], dict[Hashable, str]] = WeakKeyDictionary()

    def recall(
        self, connect: Callable[..., object], spoken: Spoken = OWN_HTTP, where: Scenario = CONTROL
    ) -> str | None:
        """What was remembered of *connect*: why it cannot be judged, empty if it can; None for nothing."""
        known = _know(spoken, where)
        if known is None or not isinstance(connect, FunctionType):
            return None
        if _holds_something(connect):
            return self._functions.get(connect, {}).get(known)
        # Codes are equal where their text is, in whichever module; what they call is not.
        names, found = self._codes.get((connect.__code__, known), (None, None))
        return found if names is connect.__globals__ else None

    def remember(
        self,
        connect: Callable[..., object],
        trouble: str,
        spoken: Spoken = OWN_HTTP,
        where: Scenario = CONTROL,
    ) -> None:
        """Keep that for as long as it can be true."""
        known = _know(spoken, where)
        if known is None or not isinstance(connect, FunctionType):
            return
        if _holds_something(connect):
            self._functions.setdefault(connect, {})[known] = trouble
        else:
            self._codes[connect.__code__, known] = connect.__globals__, trouble


def _know(spoken: Spoken, where: Scenario) -> Hashable:
    """What *spoken* there is known by, as a client is; None for what is not known again."""
    found: list[Hashable] = [where.name, spoken.forward_to]
    for function in (spoken.handler, spoken.before_tls):
        if function is None:
            found.append(None)
        elif not isinstance(function, FunctionType) or _holds_something(function):
            return None
        else:
            found.append((function.__code__, id(function.__globals__)))
    return tuple(found)


def _holds_something(function: FunctionType) -> bool:
    """Whether two functions with this code can differ."""
    return bool(function.__closure__ or function.__defaults__ or function.__kwdefaults__)
