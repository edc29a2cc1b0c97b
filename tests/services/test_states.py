"""A service under any order of commands, against a model: what is in force, and what the record holds."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mockpki import PKI, faults
from mockpki._exchange.http import HttpRequest
from mockpki.sequences import EveryNth

CODES = st.sampled_from([404, 500, 503, 599])
ASKED = HttpRequest("GET", "/ca.crl", (), b"", "127.0.0.1:1")


class Serving(RuleBasedStateMachine):
    """Commands as a test gives them, and requests as clients send them."""

    def __init__(self) -> None:
        super().__init__()
        self.pki = PKI(key_type="Ed25519", depth=0)
        self.service = self.pki.crl
        self.script: deque[int] = deque()
        self.rule: int | None = None
        self.blocks: list[tuple[Any, tuple[int | None, int | None]]] = []
        self.every: int | None = None
        self.number = 0
        self.record: list[int] = []
        self.taken = 0

    def teardown(self) -> None:
        self.service.reset()
        self.pki.close()

    @rule(code=CODES)
    def respond_with(self, code: int) -> None:
        self.blocks.append((self.service.respond_with(faults.HttpStatus(code)), (self.rule, self.every)))
        self.rule, self.every = code, None

    @precondition(lambda self: self.blocks)
    @rule()
    def leave_block(self) -> None:
        restore, before = self.blocks.pop()
        restore.__exit__(None, None, None)
        self.rule, self.every = before

    @precondition(lambda self: not self.blocks)
    @rule(code=CODES, n=st.integers(1, 3))
    def respond_by(self, code: int, n: int) -> None:
        self.service.respond_by(EveryNth(n, faults.HttpStatus(code)))
        self.rule, self.every, self.number = code, n, 0

    @precondition(lambda self: not self.script)
    @rule(codes=st.lists(CODES, min_size=1, max_size=3))
    def write_script(self, codes: list[int]) -> None:
        self.service.script(*([faults.HttpStatus(code)] for code in codes))
        self.script.extend(codes)

    @precondition(lambda self: self.script)
    @rule(code=CODES)
    def write_another(self, code: int) -> None:
        with pytest.raises(ValueError, match="still has"):
            self.service.script(faults.HttpStatus(code))

    @rule()
    def reset(self) -> None:
        self.service.reset()
        self.script.clear()
        self.rule, self.every, self.blocks = None, None, []
        self.record, self.taken = [], 0

    @rule()
    def ask(self) -> None:
        expected = 200 if self.rule is None else self.rule
        if self.script:
            expected = self.script.popleft()
        elif self.every is not None:
            self.number += 1
            expected = 200 if self.number % self.every else expected
        self.service.handle(ASKED)
        self.record.append(expected)

    @rule()
    def take(self) -> None:
        if self.taken == len(self.record):
            with pytest.raises(TimeoutError, match="no request came"):
                self.service.wait_for_request(0)
            return
        assert self.service.wait_for_request(0).answer.status == self.record[self.taken]
        self.taken += 1

    @invariant()
    def the_record_is_complete(self) -> None:
        assert [request.answer.status for request in self.service.requests] == self.record

    @invariant()
    def what_is_left_of_the_script_is_told(self) -> None:
        unused = self.service.unused()
        assert (unused is None) == (not self.script)
        assert unused is None or unused.count("HttpStatus") == len(self.script)


TestServing = Serving.TestCase
TestServing.__doc__ = "Whatever is set, answers follow the last of it, and the record has each in its order."
TestServing.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
