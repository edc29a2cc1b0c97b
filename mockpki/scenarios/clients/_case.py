"""A scenario under a policy: what a test is given."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from ..._pki import PKI
from ..._tls.spoken import Handler, Spoken
from ...relying_party import Policy
from ._calling import Connect, call, call_async, read_parameters, refuse_coroutine
from ._control import CONTROL, Memory, describe_trouble, find_trouble
from ._judging import Outcome, Result, judge
from ._scenario import Expectation, Expected, Scenario
from ._stage import Stage, Target, staged
from ._stranger import STRANGER, chooses_trust, visit_all, visit_stranger


@dataclass(frozen=True)
class Case:
    """One scenario, and the policy that a client has to keep in it."""

    scenario: Scenario
    policy: Policy
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)
    """Of the clients that went through the control; the cases of one table share it."""

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
    def staged(
        self,
        pki: PKI | None = None,
        *,
        handler: Handler | None = None,
        forward_to: tuple[str, int] | None = None,
        before_tls: Handler | None = None,
    ) -> Iterator[Stage]:
        """The scenario, on in *pki* (left out: one of its own) until the end of the block.

        For tests that drive their client by hand: `Stage.visits` says where to go, `Stage.seen` what was
        seen of it. *handler*, *forward_to* and *before_tls* are those of `check`.
        """
        with contextlib.ExitStack() as stack:
            home = pki or stack.enter_context(PKI())
            yield stack.enter_context(
                staged(self.scenario, home, handler=handler, forward_to=forward_to, before_tls=before_tls)
            )

    def check(
        self,
        connect: Connect,
        *,
        pki: PKI | None = None,
        evidence: bool = True,
        handler: Handler | None = None,
        forward_to: tuple[str, int] | None = None,
        before_tls: Handler | None = None,
    ) -> Result:
        """Let *connect* meet the scenario, and fail unless it does what the policy demands.

        *connect* is a function that connects as the client under test does. Its parameters are any of
        ``url``, ``host``, ``port``, ``ca_file``, ``server_name``, ``cert_file``, ``chain_file``,
        ``issuer_file``, ``ocsp_url``, ``crl_url``, ``crlite_url``, ``truststore``, ``p12_file`` and
        ``crl_file``. It rejects by raising an exception or returning False (or a `relying_party.Verdict` that
        does), and else accepts. A TypeError, an AssertionError, a program that is not there and the like are
        mistakes in the test, and are passed on. *pki* is where to stage the scenario, left out in a PKI of
        its own.

        First comes a control: the client has to accept where staple, responder and CRL say good, and to be
        seen there. If it does not, it is not judged in any scenario, and the failure says what was seen: it
        does not trust the CA, it speaks another protocol, it never came. Nor is one judged that accepts the
        same from a CA which nobody gave it to trust: it verifies nothing. (Whoever takes files, and neither
        ``ca_file`` nor ``truststore``, judges revocation alone, and is not tried by that.) Cases of one
        `parametrize` send a function that holds nothing of its own there once. (A policy that rejects even
        there has no control.)

        Without *evidence*, the verdict alone is judged: there is no control, and it is not asked whether the
        client came and looked. That is for one that comes without TLS, and cannot be seen where its only
        source refuses connections.

        For a client that speaks another protocol than HTTP, *handler*, *forward_to* and *before_tls* are what
        the TLS server is given, as by `PKI.tls_server`; its control takes place in the same protocol.

            scenario.check(send_mail, handler=smtp, before_tls=starttls)

        Raises AssertionError with what was expected, what happened, what the client asked for and what it
        was sent; TypeError for a parameter that is none of those, and for a function that has to be awaited,
        which `check_async` is for.
        """
        __tracebackhide__ = True
        names = read_parameters(connect)
        refuse_coroutine(connect)
        spoken = Spoken(handler, forward_to, before_tls)
        with contextlib.closing(self._meet(connect, pki, evidence, spoken)) as visits:
            try:
                target = next(visits)
                while True:
                    try:
                        outcome = call(connect, names, target)
                    except Exception as mistake:
                        target = visits.throw(mistake)
                    else:
                        target = visits.send(outcome)
            except StopIteration as end:
                result: Result = end.value
        return _pass_on(result)

    async def check_async(
        self,
        connect: Connect,
        *,
        pki: PKI | None = None,
        evidence: bool = True,
        handler: Handler | None = None,
        forward_to: tuple[str, int] | None = None,
        before_tls: Handler | None = None,
    ) -> Result:
        """The same for a client of asyncio: *connect* may be a coroutine function, and is awaited.

            @pytest.mark.asyncio
            @scenarios.parametrize(policy="hard-fail")
            async def test_revocation(scenario):
                async def connect(url, ca_file): ...
                await scenario.check_async(connect)

        *connect* may also return a future of either kind. Raises what `check` raises.
        """
        __tracebackhide__ = True
        names = read_parameters(connect)
        spoken = Spoken(handler, forward_to, before_tls)
        with contextlib.closing(self._meet(connect, pki, evidence, spoken)) as visits:
            try:
                target = next(visits)
                while True:
                    try:
                        outcome = await call_async(connect, names, target)
                    except Exception as mistake:
                        target = visits.throw(mistake)
                    else:
                        target = visits.send(outcome)
            except StopIteration as end:
                result: Result = end.value
        return _pass_on(result)

    def _meet(
        self, connect: Connect, pki: PKI | None, evidence: bool, spoken: Spoken
    ) -> Generator[Target, Outcome, Result]:
        """Where the client goes, one target after the other; each time its outcome is sent back, or thrown in
        what is none."""
        __tracebackhide__ = True
        controlled = evidence and CONTROL.expected(self.policy).verdict is Expected.ACCEPT
        known = self._recall(connect, spoken, ours=pki is None) if controlled else None
        with contextlib.ExitStack() as stack:
            home = pki or stack.enter_context(PKI())
            if controlled and known is None:
                yield from self._control(connect, home, spoken, ours=pki is None)
            stage = stack.enter_context(staged(self.scenario, home, **spoken.arguments))
            outcome, seen = yield from visit_all(stage, stage.visits(read_parameters(connect)))
            return judge(self.scenario, self.expected, outcome, seen, evidence=evidence)

    def _recall(self, connect: Connect, spoken: Spoken, *, ours: bool) -> str | None:
        """What is remembered of a client, None for nothing. Raises AssertionError where it cannot be judged.

        What it did where nothing is wrong is known again in a PKI of *ours*; whom it trusts, in any.
        """
        __tracebackhide__ = True
        known = self.memory.recall(connect, spoken) if ours else None
        self._refuse(known or self.memory.recall(connect, spoken, STRANGER))
        return known

    def _refuse(self, failure: str | None) -> None:
        __tracebackhide__ = True
        if failure:
            raise AssertionError(f"{self.name}: {failure}")

    def _control(
        self, connect: Connect, pki: PKI, spoken: Spoken, *, ours: bool
    ) -> Generator[Target, Outcome, None]:
        """Send the client where nothing is wrong, and then to somebody whom it does not trust."""
        __tracebackhide__ = True
        given, memory = read_parameters(connect), self.memory
        with staged(CONTROL, pki, **spoken.arguments) as home:
            outcome, seen = yield from visit_all(home, home.visits(given))
            trouble = find_trouble(outcome, seen)
            failure = describe_trouble(trouble, outcome, seen) if trouble else ""
            tried = memory.recall(connect, spoken, STRANGER) is not None
            if not (failure or tried) and chooses_trust(seen, given):
                failure = yield from visit_stranger(home, given, spoken)
                memory.remember(connect, failure, spoken, STRANGER)
        if ours:
            memory.remember(connect, failure, spoken)
        self._refuse(failure)


def _pass_on(result: Result) -> Result:
    """The result, if it is as it should be. Raises AssertionError."""
    __tracebackhide__ = True
    if not result.ok:
        raise AssertionError(str(result))
    return result
