"""A certification authority: its key, what it issues, and what it serves.

- `ca`: the authority itself.
- `issuing`: the contents of what it issues.
- `subject`, `csr`, `adopted`: whom that is for; what a request asks for; keys and certificates of a user's
  own.
- `leaf`: a certificate it has issued, with its key.
- `realm`, `options`: what the authorities of one PKI share, and how they are made.
- `passage`: how time passes for all that they share.
- `account`: what came to them, in words.
- `revocation`: what it is told when it revokes.
- `trust`: what makes clients trust it: contexts of TLS libraries, variables for programs.
- `folder`: the one place on disk.

Whoever is above may come in. What is below knows a leaf or a CA by `mockpki._pkix.issued` alone.
"""
