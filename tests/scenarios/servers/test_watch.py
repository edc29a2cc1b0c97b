"""The responder of a scenario notes who asked, and who had to wait."""

import math
from datetime import timedelta

import pytest

from mockpki import PKI, faults
from mockpki.scenarios.servers._watch import TimedRequest, Watch
from tests.kit.asking import cert_id, post, question

HOUR = timedelta(hours=1)


class TestWatch:
    def test_the_order_of_events(self, pki: PKI) -> None:
        """What was over only when an answer had come has waited for it; the rest has not."""
        watch = Watch(pki)
        watch._requests.append(TimedRequest(10.0, 12.0))
        assert watch.was_held_up(9.9, 12.1)
        assert watch.was_held_up(11.0, 12.0)
        assert not watch.was_held_up(9.9, 10.5)
        assert watch.was_held_up(9.9, 11.9)  # gave up before it came, but after more than a second
        assert not watch.was_held_up(12.1, 20.0)
        assert not watch.was_held_up(5.0, 9.0)

    def test_answers_that_come_at_once(self, pki: PKI) -> None:
        """Nobody waits for a responder that is not late, however long a handshake takes."""
        watch = Watch(pki)
        watch._requests.append(TimedRequest(10.0, 10.0))
        assert not watch.was_held_up(9.0, 20.0)
        assert watch.last_due == 10.0

    def test_what_it_answers_with(self, pki: PKI) -> None:
        """Its answers live for as long as was said, and have the faults that were said last."""
        watch, long = Watch(pki, 2 * HOUR), faults.Long(timedelta(), 2 * HOUR)
        watch.answer_with(faults.TryLater())
        assert list(watch.answer_faults) == [long, faults.TryLater()]
        watch.answer_with()
        assert list(watch.answer_faults) == [long]
        assert Watch(pki).answer_faults == ()

    @pytest.mark.parametrize(
        ("fault", "delay", "is_up", "hangs"),
        [
            (None, 0.0, True, False),
            (None, 5.0, True, False),
            (faults.TryLater(), 0.0, True, False),
            (faults.Refused(), 0.0, False, False),
            (None, math.inf, False, True),
        ],
    )
    def test_whether_answers_come(
        self, pki: PKI, fault: faults.OCSPFault | None, delay: float, is_up: bool, hangs: bool
    ) -> None:
        """A responder is up where an answer comes at all, however late and bad."""
        watch = Watch(pki)
        watch.answer_with(*([fault] if fault else []), delay=delay)
        assert (watch.is_up, watch.hangs) == (is_up, hangs)

    def test_requests_are_noted(self, pki: PKI) -> None:
        """Each request is noted when it comes, with when its answer is due; and can be waited for."""
        watch = Watch(pki)
        watch.answer_with(delay=0.05)
        assert not watch.wait_for(1, 0.0)
        assert post(pki.ocsp.url, question(cert_id(pki.issue_cert("localhost")))).status == 200
        assert watch.wait_for(1, 10.0)
        (request,) = watch.requests
        assert watch.delayed == [request]
        assert watch.last_due == request.due == pytest.approx(request.came + 0.05)
