"""The door to CRLite: its example, from the log to the client's verdict."""

from datetime import datetime, timezone

from mockpki import PKI, crlite
from tests.kit.logged import Logged


def test_from_the_log_to_the_verdict(pki: PKI) -> None:
    """A filter of what a CA issued and revoked answers from the SCTs in its certificates."""
    log, at = crlite.CtLog(), datetime(2026, 11, 26, tzinfo=timezone.utc)
    good, bad = (pki.issue_cert("localhost", faults=[Logged(pki.ca.signer, log, (at,))]) for _ in range(2))
    issuer = crlite.spki_hash(pki.ca)
    known, when = [good.serial_number, bad.serial_number], int(at.timestamp()) * 1000
    card = crlite.Clubcard.build({issuer: (known, [bad.serial_number])}, {log.log_id: (when, when)})
    answers = {}
    for leaf in (good, bad):
        extensions = leaf.certificate.extensions
        value = next(item.value for item in extensions if item.oid.dotted_string == "1.3.6.1.4.1.11129.2.4.2")
        scts = [sct.log_and_time for sct in crlite.read_scts(value.public_bytes())]
        answers[leaf] = card.status(issuer, leaf.serial_number, scts)
    assert answers == {good: crlite.Status.GOOD, bad: crlite.Status.REVOKED}


def test_all_its_names_are_there() -> None:
    """What it says to export it has."""
    assert [name for name in crlite.__all__ if not hasattr(crlite, name)] == []
