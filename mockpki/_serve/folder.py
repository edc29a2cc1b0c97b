"""A folder with a PKI's files under names that stay the same, for what is configured once and used again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .._ca.folder import replace_file
from .._ca.leaf import Leaf
from .._pki import PKI
from .._pkix.pkcs12 import WRITES_TRUSTSTORES, write_p12, write_truststore

MARK = ".mockpki"
"""The file that says which of the others are ours."""
CRL = "crl.pem"


class Folder:
    """The files of *pki* and its *leaf* in *path*, which is made if it is not there, and stays.

    ``ca.pem``, ``issuer.pem``, ``leaf.pem``, ``leaf.key``, ``chain.pem``, ``leaf.p12``, ``truststore.p12``
    and ``crl.pem``, with the CRLs of all CAs; but for what the installed cryptography cannot write. Raises
    FileExistsError for a folder that has a file of such a name which is not by us, OSError where it cannot
    be written.
    """

    def __init__(self, path: Path, pki: PKI, leaf: Leaf) -> None:
        self.path = path
        self._pki = pki
        self._versions: list[int] = []
        path.mkdir(mode=0o700, exist_ok=True)
        files = _list_files(pki, leaf)
        self._refuse_others([*files, CRL])
        # First who they belong to, and then the files: whatever ends us in between, they are known as ours.
        self._write(MARK, json.dumps({"written by": "mockpki serve", "files": [*files, CRL]}).encode())
        for name, content in files.items():
            self._write(name, content)
        self.refresh()

    def __getitem__(self, name: str) -> str:
        """The path of that file, as people type it."""
        return str(self.path / name)

    def refresh(self) -> bool:
        """Write the CRLs anew, if what the CAs know has changed, and each hour; whether it was so."""
        # CRLs end, too: by the PKI's clock, which may be moved.
        hour = int(self._pki.clock.now().timestamp()) // 3600
        versions = [hour, *(ca.version for ca in self._pki.cas)]
        if versions == self._versions:
            return False
        # Before it is read: what changes meanwhile is written the next time.
        self._versions = versions
        self._write(CRL, Path(self._pki.crl_file).read_bytes())
        return True

    def _refuse_others(self, names: list[str]) -> None:
        ours: list[str] = []
        with suppress(OSError, ValueError, LookupError, TypeError):
            ours = json.loads((self.path / MARK).read_text(encoding="utf-8"))["files"]
        others = [name for name in names if name not in ours and os.path.lexists(self.path / name)]
        if others:
            raise FileExistsError(
                f"{self.path} has files that mockpki did not write: {', '.join(others)}; name another folder"
            )

    def _write(self, name: str, content: bytes) -> None:
        replace_file(self.path / name, content)


def _list_files(pki: PKI, leaf: Leaf) -> Mapping[str, bytes]:
    files = {
        "ca.pem": pki.root.cert_pem,
        "issuer.pem": leaf.issuer.cert_pem,
        "leaf.pem": leaf.cert_pem,
        "leaf.key": leaf.key_pem,
        "chain.pem": leaf.chain_pem,
    }
    if WRITES_TRUSTSTORES:
        files["truststore.p12"] = write_truststore(pki.root.certificate)
    own, *above = leaf.chain
    # None can hold an ML-DSA key.
    with suppress(ValueError):
        files["leaf.p12"] = write_p12(leaf.key, own, above)
    return files
