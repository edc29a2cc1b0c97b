"""CRLite: all revocations of an authority in one small file, and the log that says whom it speaks of.

- `clubcard`: the filter as a value: built from what is known and revoked, written, read, and asked.
- `ribbon`, `building`: the linear equations that a filter is made of, and how it is made of them.
- `contents`, `encodings`: what stands in it, and its octets, in both versions there are.
- `reading`: octets read number by number.
- `scts`, `log`: signed certificate timestamps, and a certificate transparency log that gives them.
- `subject`: what is asked of a certificate, and what several filters say together.
- `listing`: which filters there are, as clients read it before they fetch any.
- `cascade`: the older filter, a cascade of Bloom filters, by the library that writes and reads it.

No PKI is known here: issuers are hashes, certificates serial numbers, times milliseconds. The public door is
`mockpki.crlite`.
"""
