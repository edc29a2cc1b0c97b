"""A stapling server under any order of events: what its clients are shown, whatever happens."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mockpki import PKI, faults
from mockpki.staplers import AtFraction, Fixed, StaplePolicy, observe

POLICY = StaplePolicy(
    trigger="start_async",
    refresh=AtFraction(0.5),
    retry=Fixed(timedelta(hours=6)),
    on_refresh_fail="keep",
    on_expired="omit",
)
OUTAGES = st.sampled_from(
    [faults.TryLater(), faults.HttpStatus(503), faults.Reset(), faults.Stale(), faults.Forged()]
)


class Stapling(RuleBasedStateMachine):
    """Time passes, the responder goes and comes, the certificate is revoked, the server is restarted."""

    def __init__(self) -> None:
        super().__init__()
        self.pki = PKI(key_type="Ed25519", depth=0)
        self.clock = self.pki.clock
        self.clock.stop()
        self.leaf = self.pki.issue_cert("localhost")
        self.server = self.pki.tls_server(self.leaf, staple=POLICY)
        self.server.__enter__()
        self.stapler = self.server.stapler
        self.stapler.settle()
        self.up_since = self.clock.now()
        self.up = True
        self.revoked = False
        self.events = 0

    def teardown(self) -> None:
        self.server.close()
        self.pki.close()

    @rule(minutes=st.sampled_from([1, 60 * 7, 60 * 24, 60 * 24 * 5]))
    def time_passes(self, minutes: int) -> None:
        self.pki.run_until(self.clock.now() + timedelta(minutes=minutes))

    @precondition(lambda self: self.up)
    @rule(fault=OUTAGES)
    def goes_down(self, fault: faults.Fault) -> None:  # type: ignore[type-arg]
        self.pki.ocsp.respond_with(fault)  # type: ignore[arg-type]
        self.up = False

    @precondition(lambda self: not self.up)
    @rule()
    def comes_up(self) -> None:
        self.pki.ocsp.respond_with()
        self.up, self.up_since = True, self.clock.now()

    @precondition(lambda self: not self.revoked)
    @rule()
    def is_revoked(self) -> None:
        self.pki.revoke(self.leaf)
        self.revoked = True

    @rule()
    def is_restarted(self) -> None:
        self.stapler.restart()
        self.stapler.settle()

    @rule()
    def a_client_comes(self) -> None:
        [seen] = observe(
            self.server.host, self.server.port, ca=self.pki.root.cert_pem, server_name="localhost",
            now=self.clock.now,
        )  # fmt: skip
        # What is kept ends with its nextUpdate; what is bent, or says revoked, is not taken.
        assert seen.says in ("good", "none"), seen
        if self.revoked and seen.says == "good":
            return
        if self.up and self.clock.now() - self.up_since >= timedelta(hours=7):
            assert seen.says == ("none" if self.revoked else "good"), seen

    @invariant()
    def events_are_kept(self) -> None:
        events = self.stapler.events
        assert len(events) >= self.events
        assert [event.time for event in events] == sorted(event.time for event in events)
        self.events = len(events)

    @invariant()
    def nothing_is_overdue(self) -> None:
        due = self.stapler.due
        assert due is None or due >= self.clock.now()


TestStapling = Stapling.TestCase
TestStapling.__doc__ = "No client is ever shown what is over or bent, and all get a good staple again soon."
TestStapling.settings = settings(max_examples=12, stateful_step_count=10, deadline=None)
