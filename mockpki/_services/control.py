"""What a test sets at a service: faults for all or for one certificate, scripts, sequences.

What is in force is looked up in this order:

1. the script, one answer a request, until it has run out;
2. the faults for a certificate that is asked about (``respond_with(..., to=leaf)``);
3. what is set for every request: by ``respond_with`` its faults, by ``respond_by`` a function that chooses.

All of it may be set from any thread, also by a fault on the service's own.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, ClassVar, Generic, TypeVar

from .._exchange.steps import Listening
from .._layers import Fault, Faults, Listener, bend, check
from ..sequences import Chooser, CountingChooser
from .questions import Inquiry

C = TypeVar("C")
F = TypeVar("F")
S = TypeVar("S", bound="Controlled[Any]")
Rule = Faults | CountingChooser


class Restore(Generic[C]):
    """What ``respond_with`` and its like give back: leave it alone, or use it in a ``with``."""

    def __init__(self, service: C, restore: Callable[[], None]) -> None:
        self._service, self._restore = service, restore

    def __enter__(self) -> C:
        return self._service

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()


class Controlled(Generic[F]):
    """The side of a service that a test controls. *F* are the faults it can have."""

    layers: ClassVar[tuple[type[Fault[Any]], ...]]

    def __init__(self, what: str) -> None:
        self._what = what
        self._closed = False
        # By serial number, or by path; None stands for every request. Replaced and never changed: a request
        # that is being answered goes on with those it began with.
        self._rules: dict[int | str | None, Rule] = {}
        self._choosers: list[CountingChooser] = []
        self._script: deque[Faults] = deque()
        self._script_length = 0
        self._listening = Listening()
        # None where the port is not its own: then there are no faults of one.
        self._listen: Callable[[Listening], None] | None = lambda listening: None
        # Held for moments only: whoever waits for the port must not keep others from setting anything.
        self._setting = threading.RLock()

    # Faults that stay.

    def respond_with(self: S, *faults: F) -> Restore[S]:
        """Answer with these faults from now on; none for honest. As a context manager, until its end."""
        return self._set_faults(None, faults)

    def _set_faults(self: S, subject: int | str | None, faults: Sequence[Any]) -> Restore[S]:
        """Have *faults* for requests about *subject*, None for every request, from now on."""
        self._require_open()
        checked = self._check_faults(faults)
        if subject is not None and any(isinstance(fault, Listener) for fault in checked):
            raise ValueError(
                f"{checked!r} with to=: a port is refused before anyone can tell which certificate is meant, "
                "and kept waiting before, too; leave to= out, or use faults.Reset() or faults.Slow()"
            )
        return self._replace_rule(subject, checked)

    def respond_by(self: S, chooser: Chooser[F]) -> Restore[S]:
        """Answer each request with the faults that *chooser* returns for it, from now on.

        That is a function of the `mockpki.sequences.Incoming` request, or something ready-made of that
        module; it returns faults, or ``[]`` for honest. It takes the place of ``respond_with`` without
        *to*, and like that can be a context manager; scripts and *to* go before it. Raises TypeError or
        ValueError for faults that this service cannot have request by request; those that only turn up
        when a request is there fail the test then.
        """
        self._require_open()
        rule = CountingChooser(chooser)
        for choice in getattr(chooser, "choices", ()):
            self._check_choice(choice, "a sequence")
        self._choosers.append(rule)
        return self._replace_rule(None, rule)

    @property
    def choosers(self) -> str | None:
        """What ``respond_by`` was given since the last `reset`, in words; None for nothing."""
        if not self._choosers:
            return None
        return f"{self._what} (answering by {' and by '.join(map(repr, self._choosers))})"

    def _describe(self) -> str:
        """What it is, for messages on what it was asked: a seed that was drawn must be in them."""
        return self.choosers or self._what

    def drop_rule(self, subject: int | str | None) -> None:
        """Have nothing of its own for requests about *subject*: as all others, or honest for None."""
        self._set_rule(subject, None)

    def _replace_rule(self: S, subject: int | str | None, rule: Rule) -> Restore[S]:
        before = self._rules.get(subject)
        self._set_rule(subject, rule)
        return Restore(self, lambda: self._set_rule(subject, before))

    def _set_rule(self, subject: int | str | None, rule: Rule | None) -> None:
        with self._setting:
            rules = dict(self._rules)
            if rule is None:
                rules.pop(subject, None)
            else:
                rules[subject] = rule
            # Before it is stored: a fault of the test's own may fail here.
            listening = bend(Listener, Listening(), _list_faults_for_all(rules))
            self._rules = rules
            listen = self._listen
            if listen is None or listening == self._listening or self._closed:
                return
            self._listening = listening
        listen(listening)
        # Another thread may have been at it, too: the port is as the last of them wanted it.
        while self._listening is not listening:
            listening = self._listening
            listen(listening)

    def _faults_for_all(self) -> Faults:
        """What is set for every request; nothing where that is chosen for each."""
        return _list_faults_for_all(self._rules)

    @property
    def rules(self) -> Mapping[int | str | None, Rule]:
        """What is in force, by what it is for: a serial number, a path, or None for every request."""
        return self._rules

    # Faults one after the other.

    def script(self, *answers: F | Sequence[F]) -> None:
        """Answer the next requests with *answers*, one list of faults each; then go on as before.

        ``[]`` is an honest answer. A script that is not used up fails the test. Raises TypeError for
        faults this service cannot have, ValueError while another script still runs.
        """
        self._require_open()
        script = deque(self._check_choice(answer, "a script") for answer in answers)
        with self._setting:
            if self._script:
                raise ValueError(
                    f"a script of the {self._what} still has {len(self._script)} answers left; "
                    "let it run out, or call reset()"
                )
            self._script_length = len(script)
            self._script = script

    @property
    def script_left(self) -> int:
        """How many answers of the script are still to come."""
        return len(self._script)

    @property
    def script_rest(self) -> list[Faults]:
        """The faults of the answers that are still to come."""
        return list(self._script)

    def unused(self) -> str | None:
        """A sentence on what a script had left over, None when there is nothing."""
        script = list(self._script)
        if not script:
            return None
        used = self._script_length - len(script)
        left = ", ".join(repr(list(faults)) for faults in script)
        return (
            f"the script of the {self._what} was not used up: the client made {used} of "
            f"{self._script_length} requests, so these answers were never sent: {left}"
        )

    def forget_script(self) -> None:
        """Drop what is left of the script."""
        self._script = deque()

    def reset(self) -> None:
        """Honest again, with no script."""
        self.forget_script()
        for subject in list(self._rules):
            self._set_rule(subject, None)
        self._choosers = []

    # Which faults an answer has.

    def _choose_faults(self, inquiry: Inquiry) -> Faults:
        """The faults of the answer to *inquiry*, by the order at the top of this file."""
        script = self._script
        if script:
            with suppress(IndexError):  # another thread may have taken the last one
                return script.popleft()
        rules = self._rules
        if not rules:
            return ()
        about = (rules[subject] for subject in self._find_subjects(inquiry) if subject in rules)
        rule = next(about, rules.get(None, ()))
        if not isinstance(rule, CountingChooser):
            return rule
        return self._check_choice(rule.choose(inquiry.request, inquiry.serials), f"what {rule!r} chose")

    def _find_subjects(self, inquiry: Inquiry) -> Iterable[Any]:
        """What *inquiry* is about, as ``respond_with(..., to=...)`` names it."""
        return inquiry.serials

    # What a service can have.

    def _require_open(self) -> None:
        if self._closed:
            raise ValueError(f"the {self._what} is closed; faults can only be set while its PKI is open")

    def _check_faults(self, faults: Iterable[Any]) -> Faults:
        checked = check(faults, self.layers, f"the {self._what}")
        if self._listen is None and any(isinstance(fault, Listener) for fault in checked):
            raise ValueError(
                f"{checked!r}: the {self._what} has no port of its own that could refuse a connection, or "
                "keep it waiting; leave services= of its PKI out, which gives it one, or use faults.Reset() "
                "or faults.Slow()"
            )
        return checked

    def _check_choice(self, choice: Any, where: str) -> Faults:
        """The faults of one answer among several."""
        faults = self._check_faults(choice if isinstance(choice, list | tuple) else (choice,))
        if any(isinstance(fault, Listener) for fault in faults):
            raise ValueError(
                f"{faults!r} in {where}: a refused connection never becomes a request, and one kept waiting "
                "is not yet one, so it cannot be counted; use respond_with() for it"
            )
        return faults


def _list_faults_for_all(rules: Mapping[int | str | None, Rule]) -> Faults:
    rule = rules.get(None, ())
    return () if isinstance(rule, CountingChooser) else rule
