"""The scenes in which faults are shown."""

import pytest

from mockpki import PKI, faults
from mockpki._catalogue.scenes import SCENES, Scene, Stage


@pytest.mark.parametrize("scene", SCENES, ids=[scene.words or "usual" for scene in SCENES])
def test_a_scene_can_be_set(scene: Scene) -> None:
    """Its PKI is of the kind that it says, what is done in it works, and without faults nothing differs."""
    with scene.make_pki() as pki:
        pki.clock.stop()
        leaf = pki.issue_cert("localhost")
        scene.set_up(pki, leaf)
        honest, bent = Stage(pki, leaf, scene, "CRL", pki.clock.now()).pair(())
        assert honest == bent
        assert any("made with the CA's key" in line for line in honest)
        listed = sum("userCertificate" in line for line in honest)
        assert listed == (3 if scene.setup else 0)


def test_a_scene_says_what_is_done() -> None:
    """The set-up is written as it is in the table, and one that is left out is empty."""
    assert [scene.setup for scene in SCENES if scene.setup] == [
        "pki.revoke([leaf, 0x1000, 0x1001], 'superseded')"
    ]


@pytest.mark.parametrize(
    ("fault", "target", "begins"),
    [
        (faults.Refused(), "OCSP", "the port"),
        (faults.Slow(), "CRL", "wait 3 s"),
        (faults.HttpStatus(404), "caIssuers", "send"),
        (faults.EmptyStaple(), "staple", "CertificateEntry 0"),
        (faults.CertVersion(), "certificate", "Certificate"),
        (faults.MissingLog(), "filter", "filter"),
        (faults.StrippedSerials(), "filter", "what the filter is made of"),
        (faults.WrongSize(), "filter", "filters of "),
        (faults.FlippedBit(), "filter", "octets: "),
        (faults.HttpStatus(404), "filter", "send"),
        (faults.Refused(), "filter", "the port"),
        (faults.Garbage(b"\0"), "OCSP", "no DER: "),
        (faults.Stale(), "CRL", "CertificateList"),
    ],
    ids=lambda value: getattr(type(value), "__name__", value),
)
def test_a_layer_has_its_own_kind_of_lines(fault: faults.Fault[object], target: str, begins: str) -> None:
    """Ports, connections, handshakes, certificates and octets are each shown as what they are."""
    scene = SCENES[0]
    with scene.make_pki() as pki:
        leaf = pki.issue_cert("localhost")
        honest, bent = Stage(pki, leaf, scene, target, pki.clock.now()).pair((fault,))
    assert bent[0].startswith(begins)
    assert honest != bent


def test_what_is_done_between() -> None:
    """A set-up between the two answers is part of the difference."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        stage = Stage(pki, leaf, SCENES[0], "OCSP", pki.clock.now())
        honest, bent = stage.pair((), lambda pki, leaf: pki.revoke(leaf))
    assert "good" in "".join(honest)
    assert "revoked" in "".join(bent)
