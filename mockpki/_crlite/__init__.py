"""CRLite: all revocations of an authority in one small file.

- `clubcard`: the filter as a value: built from what is known and revoked, written, read, and asked.
- `ribbon`, `building`: the linear equations that a filter is made of, and how it is made of them.
- `contents`, `encodings`: what stands in it, and its octets, in both versions there are.
- `reading`: octets read number by number.

No PKI is known here: issuers are hashes, certificates serial numbers, times milliseconds. The public door is
`mockpki.crlite`.
"""
