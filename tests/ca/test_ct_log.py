"""Certificates with SCTs of their PKI's own log, and those without."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mockpki import PKI, Leaf, crlite, faults
from mockpki._crlite.scts import SCT_LIST
from tests.crlite.test_log import listed, verify
from tests.kit.logged import Logged

PAST = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=timezone.utc)


def oids(leaf: Leaf) -> list[str]:
    """The extensions, in their order."""
    return [one.oid.dotted_string for one in leaf.certificate.extensions]


def timestamps(leaf: Leaf) -> list[datetime]:
    """Of all SCTs."""
    return [sct.timestamp.replace(tzinfo=timezone.utc) for sct in listed(leaf.certificate)]


@pytest.mark.parametrize("key_type", ["P-256", "RSA-2048", "Ed25519"])
@pytest.mark.parametrize("depth", [0, 1])
def test_scts_are_true(key_type: Any, depth: int) -> None:
    """Every certificate has two, whose signatures hold, also by a root, for a CSR, and bent."""
    with PKI(logged=True, key_type=key_type, depth=depth) as pki:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        csr = builder.sign(key, hashes.SHA256())
        leaves = [
            pki.issue_cert("localhost"),
            pki.issue_cert("localhost", csr=csr),
            pki.issue_cert("localhost", must_staple=True, faults=[faults.SerialNumber(0x80)]),
        ]
        for leaf in leaves:
            assert oids(leaf)[-1] == SCT_LIST
            for number in range(2):
                verify(pki.ct_log, leaf.certificate, pki.ca.certificate, number)
            assert {sct.log_id for sct in listed(leaf.certificate)} == {pki.ct_log.log_id}


def test_as_many_as_are_asked_for() -> None:
    """From one on."""
    with PKI(logged=True, scts=3) as pki:
        assert len(listed(pki.issue_cert("localhost").certificate)) == 3


def test_who_has_none(pki: PKI) -> None:
    """What a PKI issues that is not logged is what it always was; one certificate can have them there."""
    plain, wanted = pki.issue_cert("localhost"), pki.issue_cert("localhost", logged=True)
    assert oids(wanted) == [*oids(plain), SCT_LIST]
    verify(pki.ct_log, wanted.certificate, pki.ca.certificate)
    with PKI(logged=True) as logged:
        assert oids(logged.issue_cert("localhost", logged=False)) == oids(plain)
        assert oids(logged.root.certify(logged.ca)) == oids(pki.root.certify(pki.ca))
        assert SCT_LIST not in [one.oid.dotted_string for one in logged.ca.certificate.extensions]


def test_their_time() -> None:
    """Now, by the PKI's clock, or as it is given, to the millisecond."""
    with PKI(logged=True, ago=timedelta(days=3)) as pki, pki.clock.stop():
        assert timestamps(pki.issue_cert("localhost")) == [pki.clock.now()] * 2
        leaf = pki.issue_cert("localhost", logged_at=PAST.astimezone(timezone(timedelta(hours=9))))
        assert timestamps(leaf) == [PAST.replace(microsecond=678_000)] * 2
        verify(pki.ct_log, leaf.certificate, pki.ca.certificate, 1)


def test_its_own_list_stays() -> None:
    """Whoever brings SCTs, by an extension or a fault, has these and no others."""
    log = crlite.CtLog()
    with PKI(logged=True) as pki:
        bent = pki.issue_cert("localhost", faults=[Logged(pki.ca.signer, log, (PAST,))])
        assert [sct.log_id for sct in listed(bent.certificate)] == [log.log_id]
        own = x509.UnrecognizedExtension(x509.ObjectIdentifier(SCT_LIST), b"\x04\x02\0\0")
        assert oids(pki.issue_cert("localhost", extensions=[own])).count(SCT_LIST) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"logged_at": PAST, "logged": False},
            "is the time of SCTs, and this certificate has none",
        ),
        ({"logged_at": datetime(1969, 1, 1, tzinfo=timezone.utc)}, "logged_at=.* is before 1970"),
        ({"logged": True, "faults": [Logged]}, "this certificate has its own, by extensions= or a fault"),
        ({"logged_at": PAST, "faults": [Logged]}, "this certificate has its own, by extensions= or a fault"),
    ],
)
def test_what_does_not_agree_is_refused(options: dict[str, Any], sentence: str) -> None:
    """And the serial number is still free then."""
    with PKI(logged=True) as pki:
        made = [Logged(pki.ca.signer, crlite.CtLog(), (PAST,)) for _ in options.get("faults", ())]
        with pytest.raises(ValueError, match=sentence):
            pki.issue_cert("localhost", serial_number=5, **{**options, "faults": made})
        assert pki.issue_cert("localhost", serial_number=5).serial_number == 5


def test_the_log_and_its_file() -> None:
    """Each PKI has one log, a `CtLog`, whose file names it to OpenSSL and goes with the PKI."""
    with PKI(logged=True) as pki, PKI() as other:
        log = pki.ct_log
        assert isinstance(log, crlite.CtLog)
        assert log is pki.ct_log
        assert log.log_id != other.ct_log.log_id
        path = Path(log.openssl_file)
        assert path.read_text(encoding="ascii") == log.openssl_config
    assert not path.exists()
    with pytest.raises(ValueError, match=r"ct_logs\.cnf is gone: its PKI is closed"):
        _ = log.openssl_file
