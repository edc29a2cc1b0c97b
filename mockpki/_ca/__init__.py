"""A certification authority: its key, what it issues, and what it serves.

- `ca`: the authority itself.
- `issuing`, `csr`: the contents of what it issues, and what a signing request asks for.
- `leaf`: a certificate it has issued, with its key; `crl_issuer`: one that signs CRLs.
- `ct_log`: the certificate transparency log whose timestamps are in what it issues.
- `standing`: what becomes of what it has issued, and of itself.
- `realm`, `options`: what the authorities of one PKI share, and how they are made.
- `network`: where a PKI listens, and whom it may reach. `shared_port`: one port for many CAs.
- `mount`: where the services of one CA are.
- `passage`: how time passes for all that they share.
- `revocation`: what it is told when it revokes.
- `trust`: contexts of TLS libraries that are to trust it. `adopting`: a root of trustme's.
- `folder`: the one place on disk.

Whoever is above may come in. What is below knows a leaf or a CA by `mockpki._pkix.issued` alone.
"""
