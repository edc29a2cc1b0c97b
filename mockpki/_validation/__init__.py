"""Can an answer be believed: RFC 6960 section 3.2, RFC 5280 section 6.3.

- `ocsp`, `crl`: what an answer says about a certificate, or why it is unusable.
- `revocation_list`: a CRL as it is read; `scope`: what it is about; `crl_issuer`: who may sign it; `delta`:
  which delta CRL completes it.
- `finding`: what comes out of them, and the checks that both share.
- `pointers`: what a certificate says of its own revocation: where to ask, and whether a staple is due.

All reading is `cryptography`'s: what it refuses to read is unusable, for that reason. A `Tolerance` is all
that these rooms know of whoever asks; no client's policy, no server's.
"""
