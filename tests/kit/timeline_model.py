"""What a server of a policy does in an outage, told event by event: no loop, no socket, no clock.

It is written from the words of `StaplePolicy` alone, so that two accounts of the same are held side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from mockpki.staplers import StaplePolicy

START = datetime(2031, 1, 1, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


@dataclass
class Answer:
    """An answer in the cache. *says* is what it says until it ends."""

    says: str
    ends: datetime
    expires: datetime
    over: datetime | None
    refresh: datetime | None


@dataclass
class Model:
    """A server of *policy*, and its responder: *life*, *down* from and to, *revoked* from."""

    policy: StaplePolicy
    life: timedelta
    down: tuple[datetime, datetime]
    revoked: bool = False
    answer: Answer | None = None
    file: Answer | None = None
    failure: str = ""
    """Of the last fetch: ``refused`` or ``no answer``."""
    until: datetime | None = None
    failures: int = 0
    due: datetime | None = None
    began: datetime = START
    sightings: int = 0
    fetches: int = 0
    seen: list[str] = field(default_factory=list)

    # The responder.

    def answer_at(self, now: datetime) -> str:
        """What the responder says now; empty while it is down."""
        if self.down[0] <= now < self.down[1]:
            return ""
        return "revoked" if self.revoked else "good"

    def keep(self, says: str, now: datetime) -> Answer:
        """An answer that came now, as the policy keeps it."""
        policy, ends = self.policy, now + self.life
        expires = ends + policy.skew
        over = None if policy.ttl is None else now + policy.ttl
        moments = [] if policy.refresh is None else [policy.refresh.at(now, now, expires)]
        if policy.on_refresh_fail == "keep" and over is not None:
            moments.append(over)
            over = None
        return Answer(says, ends, expires, over, min(moments, default=None))

    # Fetches.

    def fetch(self, now: datetime) -> Answer | None:
        """Ask; the answer for whoever waits for it."""
        policy, says = self.policy, self.answer_at(now)
        self.fetches += 1
        self.due = None
        if says in policy.staple:
            kept = self.keep(says, now)
            self.answer = kept if says in policy.remember else None
            self.failure, self.failures = "", 0
            if policy.at_start and kept.refresh is not None:
                self.put_off(kept.refresh)
            return kept
        self.failure = "refused" if says else "no answer"
        self.failures += 1
        ttl = policy.error_ttl
        if not says and policy.no_answer_ttl is not None:
            ttl = policy.no_answer_ttl
        self.until = now + ttl
        if policy.on_refresh_fail == "drop":
            self.answer = None
        if policy.at_start and policy.retry is not None:
            self.put_off(now + policy.retry.delay(self.failures))
        return None

    def put_off(self, due: datetime) -> None:
        """Ask again then, or at the first tick that is no earlier."""
        if self.policy.tick is not None:
            ticks = 1
            while self.began + ticks * self.policy.tick < due:
                ticks += 1
            due = self.began + ticks * self.policy.tick
        self.due = due if not due.microsecond else due.replace(microsecond=0) + SECOND

    def run_until(self, now: datetime) -> None:
        """Ask whenever it is due, up to now."""
        while self.due is not None and self.due <= now:
            self.fetch(self.due)

    # What happens to it.

    def start(self, now: datetime) -> None:
        """The server starts, with what it has."""
        self.began, self.due = now, None
        if self.policy.trigger == "file":
            if self.file is None and self.answer_at(now) == "good" and now == START:
                self.file = self.keep("good", now)
            self.answer = self.file
            self.failure = "" if self.file else "no answer"
        elif self.policy.at_start:
            kept = self.answer
            if kept is None or now > kept.expires or (kept.refresh is not None and now >= kept.refresh):
                self.fetch(now)
            elif kept.refresh is not None:
                self.put_off(kept.refresh)

    def restart(self, now: datetime) -> None:
        """Memory is gone."""
        if not self.policy.persist:
            self.answer = None
        self.failure, self.failures, self.until, self.sightings = "", 0, None, 0
        self.start(now)

    def connect(self, now: datetime) -> None:
        """A client comes."""
        self.seen.append(self.staple(now))

    def staple(self, now: datetime) -> str:
        """What it is given."""
        policy, kept = self.policy, self.answer
        if policy.lazy and self.sightings < policy.sightings:
            self.sightings += 1
            if self.sightings < policy.sightings:
                return "none"
        if kept is not None and now > kept.expires:
            if policy.on_expired == "abort":
                return "failed"
            if policy.on_expired == "omit" and not policy.lazy:
                return "none"
            if policy.on_expired == "serve":
                if policy.lazy and not self.remembers(now):
                    self.fetch(now)
                return self.say(kept, now)
            return self.go_without(now, asks=policy.on_expired == "refetch_blocking")
        if kept is None or (kept.over is not None and now >= kept.over):
            self.answer = None
            return self.go_without(now)
        if policy.lazy and kept.refresh is not None and now >= kept.refresh and not self.remembers(now):
            self.fetch(now)
        return self.say(kept, now)

    def go_without(self, now: datetime, asks: bool = False) -> str:
        """What a client is given for whom there is nothing in the cache."""
        if self.failure and (not self.policy.lazy or self.remembers(now)):
            return self.make_do()
        found = self.fetch(now)
        if not asks and self.policy.trigger not in ("lazy_blocking", "start_blocking"):
            return "none"
        return self.make_do() if found is None else self.say(found, now)

    def make_do(self) -> str:
        """What stands in for an answer."""
        if self.failure == "refused":
            return "none"
        return {"omit": "none", "fake_trylater": "try-later", "abort": "failed"}[self.policy.on_no_answer]

    def remembers(self, now: datetime) -> bool:
        """Whether the last fetch failed not long ago."""
        return bool(self.failure) and self.until is not None and now < self.until

    @staticmethod
    def say(kept: Answer, now: datetime) -> str:
        """What a client makes of it now."""
        return "expired" if now > kept.ends else kept.says


def tell(
    policy: StaplePolicy,
    *,
    life: timedelta,
    up: timedelta,
    down: timedelta,
    after: timedelta,
    every: timedelta,
    revoked_at: timedelta | None,
    restarts: Sequence[timedelta],
) -> tuple[list[str], int]:
    """What clients are given in that timeline, and how often the server asked."""
    model = Model(policy, life, (START + up, START + up + down))
    steps = max(1, int((up + down + after) / every))
    # The second number is the order of what happens at the same moment.
    events = [(timedelta(), 1, "start"), *((moment, 2, "restart") for moment in restarts)]
    events += [(step * every, 3, "connect") for step in range(steps)]
    if revoked_at is not None:
        events.append((revoked_at, 0, "revoke"))
    for moment, _, event in sorted(events):
        if moment > up + down + after:
            break
        now = START + moment
        model.run_until(now)
        if event == "revoke":
            model.revoked = True
        else:
            getattr(model, event)(now)
    model.run_until(START + up + down + after)
    return model.seen, model.fetches
