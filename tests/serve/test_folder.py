"""Files under names that stay: written again, never over anybody else's, and the CRLs as they change."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from mockpki import PKI
from mockpki._pkix.keys import KeyType
from mockpki._pkix.pkcs12 import WRITES_TRUSTSTORES
from mockpki._serve.folder import MARK, Folder
from tests.kit.authorities import key

NAMES = {"ca.pem", "chain.pem", "crl.pem", "issuer.pem", "leaf.key", "leaf.p12", "leaf.pem"} | (
    {"truststore.p12"} if WRITES_TRUSTSTORES else set()
)


def revoked(path: Path) -> set[int]:
    """The serial numbers in all CRLs of a file."""
    blocks = path.read_bytes().split(b"-----BEGIN X509 CRL-----")[1:]
    crls = [x509.load_pem_x509_crl(b"-----BEGIN X509 CRL-----" + block) for block in blocks]
    assert len(crls) == 2
    return {entry.serial_number for crl in crls for entry in crl}


def test_the_files(tmp_path: Path) -> None:
    """Each holds what its name says, for its owner alone; the folder stays, and is written again."""
    for _ in range(2):
        with PKI() as pki:
            leaf = pki.issue_cert("localhost")
            folder = Folder(tmp_path / "pki", pki, leaf)
            assert set(os.listdir(folder.path)) == {*NAMES, MARK}
            assert all(os.stat(folder[name]).st_mode & 0o77 == 0 for name in NAMES)
            read = {name: Path(folder[name]).read_bytes() for name in NAMES}
            assert read["ca.pem"] == pki.root.cert_pem
            assert read["issuer.pem"] == pki.ca.cert_pem
            assert (read["leaf.pem"], read["chain.pem"]) == (leaf.cert_pem, leaf.chain_pem)
            assert read["leaf.key"] == leaf.key_pem
            own = pkcs12.load_pkcs12(read["leaf.p12"], b"mockpki")
            assert own.cert is not None
            assert own.cert.certificate == leaf.certificate
            if "truststore.p12" in NAMES:
                (anchor,) = pkcs12.load_pkcs12(read["truststore.p12"], b"mockpki").additional_certs
                assert anchor.certificate == pki.root.certificate
    assert set(os.listdir(tmp_path / "pki")) == {*NAMES, MARK}


def test_crls_are_written_when_they_change(tmp_path: Path) -> None:
    """A revocation is in the file as soon as somebody looks; where nothing changed, nothing is written."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        folder = Folder(tmp_path, pki, leaf)
        path = tmp_path / "crl.pem"
        assert revoked(path) == set()
        pki.revoke(leaf)
        assert folder.refresh()
        assert revoked(path) == {leaf.serial_number}
        pki.clock.set(timedelta(hours=3))
        assert folder.refresh()
        content = path.read_bytes()
        # At the turn of an hour it is written once more.
        assert not folder.refresh() or not folder.refresh()
        pki.clock.shift(timedelta(hours=1))
        assert folder.refresh()
        assert path.read_bytes() != content


@pytest.mark.parametrize("name", sorted(NAMES))
def test_others_files_are_safe(name: str, tmp_path: Path) -> None:
    """A folder with a file of such a name that is not ours is refused, also by a link, and left as it was."""
    mine = tmp_path / "mine"
    mine.write_text("mine")
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / name).symlink_to(mine)
    with (
        PKI() as pki,
        pytest.raises(FileExistsError, match=f"files that mockpki did not write: {name}; name"),
    ):
        Folder(tmp_path / "pki", pki, pki.issue_cert("localhost"))
    assert os.listdir(tmp_path / "pki") == [name]
    assert mine.read_text() == "mine"


def test_other_files_beside(tmp_path: Path) -> None:
    """Files of other names are nobody's business, and a mark that cannot be read is none."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / MARK).write_text("[1]")
    with PKI() as pki:
        Folder(tmp_path, pki, pki.issue_cert("localhost"))
        (tmp_path / MARK).write_text("[1]")
        with pytest.raises(FileExistsError):
            Folder(tmp_path, pki, pki.issue_cert("localhost"))
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_key_that_no_p12_holds(tmp_path: Path) -> None:
    """Then that one file is left out."""
    kind = KeyType.of("ML-DSA-44")
    key(kind)
    with PKI() as pki:
        leaf = pki.issue_cert("localhost", key_type=kind)
        assert not os.path.exists(Folder(tmp_path / "pki", pki, leaf)["leaf.p12"])
