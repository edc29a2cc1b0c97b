"""Firefox ESR with filters of a PKI: what they say is revoked does not load, and all else does."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

from mockpki import PKI, Leaf
from mockpki.crlite import Status
from tests.kit.firefox import Firefox, firefox

REVOKED = "SEC_ERROR_REVOKED_CERTIFICATE"


def load(browser: Firefox, pki: PKI, leaf: Leaf) -> str:
    """What comes of a visit to a server of its own, of which the browser remembers nothing."""
    with pki.tls_server(leaf, staple=None) as server:
        return browser.load(f"https://localhost:{server.port}/")


def test_end_to_end(tmp_path: Path) -> None:
    """It goes by the filter as `check` does, in both versions and with a delta; before, all of them load."""
    with PKI(logged=True) as pki, firefox(pki, tmp_path) as browser:
        day = timedelta(days=1)
        now = datetime.now(timezone.utc)

        def issue(**how: object) -> Leaf:
            return pki.issue_cert("localhost", **{"logged_at": now - day, **how})  # type: ignore[arg-type]

        good, revoked, later = issue(), issue(), issue()
        # Its INTEGER begins with a zero octet.
        high = issue(serial_number=0xF0 << 120 | 7)
        unlogged = issue(logged=False, logged_at=None)
        new = issue(logged_at=now)
        for leaf in (revoked, high, unlogged, new):
            pki.revoke(leaf)
        pki.crlite.publish(coverage_ends=now - day / 2)
        missed = issue(serial_number=pki.crlite.false_positive())
        expected = {
            good: Status.GOOD,
            revoked: Status.REVOKED,
            high: Status.REVOKED,
            unlogged: Status.NOT_COVERED,
            new: Status.NOT_COVERED,
            later: Status.GOOD,
            missed: Status.REVOKED,
        }
        assert {leaf: pki.crlite.check(leaf) for leaf in expected} == expected
        assert {load(browser, pki, leaf) for leaf in expected} == {"200"}
        for version in ("v3", "v4"):
            browser.set_filter(pki.crlite.filter(version))
            for leaf, status in expected.items():
                assert load(browser, pki, leaf) == (REVOKED if status is Status.REVOKED else "200"), status
        pki.revoke(later)
        pki.crlite.publish(coverage_ends=now - day / 2)
        _, delta = pki.crlite.files
        assert load(browser, pki, later) == "200"
        browser.add_delta(delta.octets, delta.name)
        assert load(browser, pki, later) == REVOKED
        assert load(browser, pki, good) == "200"
