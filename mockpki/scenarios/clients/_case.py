"""A scenario under a policy: what a test is given."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..._clock import monotonic
from ..._pki import PKI
from ..._typed import suggest
from ...relying_party import Policy, Verdict
from ._judging import Outcome, Result, judge
from ._scenario import Expectation, Scenario
from ._stage import TARGET_NAMES, Stage, Target, staged

_MISTAKES = (TypeError, NameError, AttributeError, ImportError, AssertionError, FileNotFoundError)
"""What a test's own function raises when it is wrong itself: never a verdict."""


@dataclass(frozen=True)
class Case:
    """One scenario, and the policy that a client has to keep in it."""

    scenario: Scenario
    policy: Policy

    def __str__(self) -> str:
        return self.scenario.name

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.scenario.name

    @property
    def sentence(self) -> str:
        """What the scenario is, in a sentence."""
        return self.scenario.sentence

    @property
    def expected(self) -> Expectation:
        """What the policy demands, and why."""
        return self.scenario.expected(self.policy)

    @contextlib.contextmanager
    def staged(self, pki: PKI | None = None) -> Iterator[Stage]:
        """The scenario, on in *pki* (left out: one of its own) until the end of the block.

        For tests that drive their client by hand: `Stage.visits` says where to go, `Stage.seen` what was
        seen of it.
        """
        with contextlib.ExitStack() as stack:
            yield stack.enter_context(staged(self.scenario, pki or stack.enter_context(PKI())))

    def check(
        self, connect: Callable[..., object], *, pki: PKI | None = None, evidence: bool = True
    ) -> Result:
        """Let *connect* meet the scenario, and fail unless it does what the policy demands.

        *connect* is a function that connects as the client under test does. Its parameters are any of
        ``url``, ``host``, ``port``, ``ca_file``, ``server_name``, ``cert_file``, ``chain_file``,
        ``issuer_file``, ``ocsp_url`` and ``crl_url``. It rejects by raising an exception or returning False
        (or a `relying_party.Verdict` that does), and else accepts. A TypeError, an AssertionError, a program
        that is not there and the like are mistakes in the test, and are passed on. *pki* is where to stage
        the scenario, left out in a PKI of its own. Without *evidence*, the verdict alone is judged, and not
        whether the client came and looked: for one that comes without TLS, and cannot be seen where
        its only source refuses connections.

        Raises AssertionError with what was expected, what happened, what the client asked for and what it
        was sent; TypeError for a parameter that is none of those.
        """
        __tracebackhide__ = True
        names = _read_parameters(connect)
        with self.staged(pki) as stage:
            for target in stage.visits():
                outcome = _let_connect(connect, names, target)
            result = judge(self.scenario, self.expected, outcome, stage.seen, evidence=evidence)
        if not result.ok:
            raise AssertionError(str(result))
        return result


def _read_parameters(connect: Callable[..., object]) -> tuple[str, ...]:
    """The names of `Target` that *connect* takes as parameters."""
    if not callable(connect):
        raise TypeError(
            f"check() takes a function that connects, such as def connect(url, ca_file); got {connect!r}"
        )
    parameters = inspect.signature(connect).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return TARGET_NAMES
    for parameter in parameters:
        if parameter.name not in TARGET_NAMES and parameter.default is parameter.empty:
            hint = suggest(parameter.name, TARGET_NAMES, f"it can have {', '.join(TARGET_NAMES)}.", 0.6)
            raise TypeError(f"a function that connects has no parameter {parameter.name!r}; {hint}")
    return tuple(parameter.name for parameter in parameters if parameter.name in TARGET_NAMES)


def _let_connect(connect: Callable[..., object], names: tuple[str, ...], target: Target) -> Outcome:
    """Call *connect* with what it takes of *target*; what it returns or raises is its verdict."""
    where: dict[str, Any] = asdict(target)
    began = monotonic()
    try:
        returned = connect(**{name: where[name] for name in names})
    except _MISTAKES:
        raise
    except Exception as error:
        return Outcome(False, f"raised {type(error).__name__}: {error}", monotonic() - began)
    accepted = returned.accepted if isinstance(returned, Verdict) else returned is not False
    return Outcome(accepted, f"returned {returned}", monotonic() - began)
