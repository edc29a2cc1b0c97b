"""A certification authority: its key, what it issues, and what it serves.

- `ca`: the authority itself.
- `issuing`, `csr`: the contents of what it issues, and what a signing request asks for.
- `leaf`: a certificate it has issued, with its key; `crl_issuer`: one that signs CRLs.
- `ct_log`: the certificate transparency log whose timestamps are in what it issues.
- `realm`, `options`: what the authorities of one PKI share, and how they are made.
- `passage`: how time passes for all that they share.
- `revocation`: what it is told when it revokes.
- `trust`: contexts of TLS libraries that are to trust it.
- `folder`: the one place on disk.

Whoever is above may come in. What is below knows a leaf or a CA by `mockpki._pkix.issued` alone.
"""
