"""Stages: a scenario that is on, for a client in any language, and the judgement on what it did."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from .._clock import monotonic
from .._typed import suggest
from ..relying_party import Policy
from ..scenarios import (
    CONTROL,
    POLICIES,
    TABLE,
    TARGET_NAMES,
    Expectation,
    Expected,
    Outcome,
    Scenario,
    find_trouble,
    judge,
    staged,
)
from ..scenarios.clients._control import describe_trouble
from ..scenarios.clients._stage import Stage, Target
from ..scenarios.clients._stranger import chooses_trust, visit_all, visit_stranger
from . import bodies, queries, shapes
from .hosted import Hosted
from .limits import SERVERS
from .policies import read_policy
from .problem import Problem, pointing_to
from .route import Call, Routes

ROUTES = Routes()
_PATH = "/v1/pkis/{pki}/stages"
_ONE = f"{_PATH}/{{stage}}"


class Performance:
    """A scenario that is on in the PKI of *hosted*, visit by visit, and the judgement once it is over.

    Who has not been to the stranger in that PKI goes there, too: see `visit_stranger`.
    """

    def __init__(
        self, hosted: Hosted, scenario: Scenario, policy: Policy, shown: Any, given: list[str] | None
    ) -> None:
        self.scenario, self.policy = scenario, shown
        self.expectation: Expectation = scenario.expected(policy)
        self.ok: bool | None = None
        self.message: str | None = None
        self.id = ""
        self._ca_pem = hosted.pki.root.cert_pem.decode()
        self._given = given
        self._controlled = CONTROL.expected(policy).verdict is Expected.ACCEPT
        self._careful = hosted.careful
        self._client = (policy, None if given is None else frozenset(given))
        """As what it is known again: nobody says who it is."""
        self._ends = ExitStack()
        self.stage: Stage | None = None
        """Where it takes place, until it is over."""
        try:
            self.stage = self._ends.enter_context(staged(scenario, hosted.pki))
            self._visits = self._meet(self.stage)
            self._ends.callback(self._visits.close)
            self.target: Target | None = next(self._visits)
        except BaseException:
            self.end()
            raise
        self._sent = monotonic()

    def take(self, visit: bodies.Visit) -> None:
        """What the client did at `target`. Either there is another one then, or it is over and judged."""
        if self.stage is None:
            raise Problem(
                "conflict",
                f"the stage {self.id} is over; POST another one for each scenario and client",
            )
        try:
            self.target = self._visits.send(Outcome(visit.accepted, visit.detail, monotonic() - self._sent))
        except StopIteration as end:
            self.ok, self.message = end.value
            self.end()
        except BaseException:
            self.end()
            raise
        self._sent = monotonic()

    def _meet(self, stage: Stage) -> Generator[Target, Outcome, tuple[bool, str]]:
        """Where the client goes, one target after the other, each answered with what it did there; then
        whether that is as it should be, and a report on it."""
        given = self._given
        outcome, seen = yield from visit_all(stage, stage.visits(given))
        first = self.scenario is CONTROL and self._controlled
        if first and (trouble := find_trouble(outcome, seen)):
            return False, describe_trouble(trouble, outcome, seen)
        result = judge(self.scenario, self.expectation, outcome, seen)
        ok, message = result.ok, str(result)
        came = bool(seen) and outcome.accepted is not None and chooses_trust(seen, given or ())
        if self._controlled and came and (first or self._client not in self._careful):
            self._careful.discard(self._client)
            failure = yield from visit_stranger(stage, given)
            if failure:
                return False, failure
            self._careful.add(self._client)
        return ok, message

    def end(self) -> None:
        """Close what it has: its server, and its CAs. What was judged stays."""
        self.stage = self.target = None
        self._ends.close()

    def show_target(self) -> shapes.Target | None:
        """Where the client has to go; None where it is over."""
        target = self.target
        return None if target is None else shapes.Target(**asdict(target), ca_pem=self._ca_pem)

    def show(self) -> shapes.Stage:
        """The scenario and what is demanded in it, and how far it is."""
        return shapes.Stage(
            id=self.id,
            scenario=self.scenario.name,
            sentence=self.scenario.sentence,
            policy=self.policy,
            expected=str(self.expectation.verdict),
            why=self.expectation.reason,
            target=self.show_target(),
            ok=self.ok,
            message=self.message,
        )


def find_scenario(name: str) -> Scenario:
    """The scenario of that name, of all there are and the control. Raises Problem for none."""
    known = {one.name: one for one in (CONTROL, *TABLE)}
    if name not in known:
        near = suggest(name, known, "GET /v1/scenarios lists them")
        raise Problem("invalid", f"there is no scenario {name[:200]!r}; {near}", "/scenario")
    return known[name]


def show_scenario(scenario: Scenario, policies: dict[str, Policy]) -> shapes.Scenario:
    """A scenario, and what each of *policies* demands in it."""
    expected = {name: scenario.expected(policy) for name, policy in policies.items()}
    return shapes.Scenario(
        name=scenario.name,
        sentence=scenario.sentence,
        expected={
            name: shapes.Demand(verdict=str(one.verdict), why=one.reason) for name, one in expected.items()
        },
    )


@ROUTES.add("GET", "/v1/scenarios", query=queries.PolicyOnly, answers=shapes.Scenarios)
def list_scenarios(call: Call) -> shapes.Scenarios:
    """The situations that a client can be put in, and what a policy demands there: all six, or one.

    With `policy`, those that are for it. `control` comes before them: who does not accept there, where
    nothing is wrong, or accepts the same by a CA that it does not trust, is judged nowhere.
    """
    text = call.query.policy
    policies = dict(POLICIES) if text is None else {text: read_policy(text)}
    filters = text is None or "CRLite" in policies[text].sources
    return shapes.Scenarios(
        control=show_scenario(CONTROL, policies),
        scenarios=[show_scenario(one, policies) for one in TABLE if filters or one.crlite is None],
    )


def _find_open(hosted: Hosted) -> Performance | None:
    return next((one for one in hosted.stages.values() if one.stage is not None), None)


def _end_last(hosted: Hosted) -> None:
    last = _find_open(hosted)
    if last is not None:
        last.end()


def _make_room(hosted: Hosted) -> None:
    """Raise Problem while another stage is on; of those that are over, forget the oldest of many."""
    other = _find_open(hosted)
    if other is not None:
        raise Problem(
            "conflict",
            f"the stage {other.id} is on in this PKI, and what a client asks the root and for filters is "
            "seen by both: finish it, DELETE it, or make a PKI for each client",
        )
    while len(hosted.stages) >= SERVERS:
        hosted.stages.drop(next(iter(hosted.stages)))


@ROUTES.add("POST", _PATH, body=bodies.MakeStage, answers=shapes.Stage, status=201, refusals=("conflict",))
def make_stage(call: Call) -> shapes.Stage:
    """Put a scenario on: one after the other in a PKI, which has its TLS server and CAs until the last visit.

    Send the client to `target`, and POST what it did to `visits`. `scenario` is one of `/v1/scenarios`, or
    `control`, with which to begin. A PKI is for one client.
    """
    hosted, body = call.hosted, call.body
    scenario = find_scenario(body.scenario)
    with pointing_to("/policy"):
        policy = read_policy(body.policy)
    for name in body.given or ():
        if name not in TARGET_NAMES:
            hint = suggest(name, TARGET_NAMES, f"there are {', '.join(TARGET_NAMES)}")
            raise Problem("invalid", f"a target has no {name[:200]!r}; {hint}", "/given")
    with hosted.lock:
        hosted.check_open()
        _make_room(hosted)
        if not hosted.stages:
            hosted.ends.callback(_end_last, hosted)
        own = Performance(hosted, scenario, policy, body.policy, body.given)
        own.id = hosted.stages.add(own, str(next(hosted.numbers)), None)
        return own.show()


@ROUTES.add("GET", _PATH, answers=shapes.Stages)
def list_stages(call: Call) -> shapes.Stages:
    """The stages of a PKI, the oldest first: the one that is on, and what came of those before."""
    return shapes.Stages(stages=[one.show() for one in call.hosted.stages.values()])


def _find(call: Call) -> tuple[Hosted, Performance]:
    hosted = call.hosted
    own: Performance = hosted.stages.find(call.path["stage"])
    return hosted, own


@ROUTES.add("GET", _ONE, answers=shapes.Stage)
def get_stage(call: Call) -> shapes.Stage:
    """A stage: where the client has to go, or what came of it."""
    return _find(call)[1].show()


@ROUTES.add("DELETE", _ONE, status=204)
def drop_stage(call: Call) -> None:
    """End a stage, judged or not."""
    hosted, own = _find(call)
    with hosted.lock:
        own.end()
        hosted.stages.drop(own.id)


@ROUTES.add("POST", f"{_ONE}/visits", body=bodies.Visit, answers=shapes.Visited, refusals=("conflict",))
def visit(call: Call) -> shapes.Visited:
    """Tell what the client did at `target`: `accepted` is null where it came to no verdict.

    While it has to come again, `next` says where to. Else `ok` says whether it did what the policy
    demands: one that never came, or rejects for another reason, did not. `message` has what was expected,
    what happened, and what was seen of it.

    The last `next` of the first stage in a PKI, and of each `control`, is a server whose CA is not the
    target's `ca_file`. A client that accepts it verifies nothing, and is not judged: `ok` is false, `message`
    says so, and the next stage sends it there again. Who has another policy, or is `given` something else, is
    another client.
    """
    hosted, own = _find(call)
    with hosted.lock:
        own.take(call.body)
        return shapes.Visited(next=own.show_target(), ok=own.ok, message=own.message)
