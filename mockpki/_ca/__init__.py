"""A certification authority: its key, what it issues, and what it serves.

- `ca`: the authority itself.
- `issuing`: the contents of what it issues.
- `leaf`: a certificate it has issued, with its key.
- `realm`: what the authorities of one PKI share.
- `folder`: the one place on disk.

Whoever is above may come in. A fault knows a leaf or a CA by `HasSerial` alone.
"""
