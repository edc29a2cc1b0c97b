"""A certification authority: its key, what it issues, and what it serves.

- `ca`: the authority itself.
- `issuing`: the contents of what it issues.
- `subject`, `csr`, `adopted`: whom that is for; what a request asks for; keys and certificates of a user's
  own.
- `leaf`: a certificate it has issued, with its key; `crl_issuer`: one that signs CRLs.
- `ct_log`: the certificate transparency log whose timestamps are in what it issues.
- `standing`: what becomes of what it has issued, and of itself.
- `realm`, `options`: what the authorities of one PKI share, and how they are made.
- `network`: where a PKI listens, and whom it may reach. `shared_port`: one port for many CAs.
- `mount`: where the services of one CA are.
- `passage`: how time passes for all that they share.
- `account`: what came to them, in words.
- `revocation`: what it is told when it revokes.
- `trust`: what makes clients trust it: contexts of TLS libraries, variables for programs.
- `folder`: the one place on disk.

Whoever is above may come in. What is below knows a leaf or a CA by `mockpki._pkix.issued` alone.
"""
