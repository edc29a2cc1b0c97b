"""RFC 5280 and RFC 6960 as values and octets: certificates, CRLs, OCSP, and what they are signed with.

- `der`, `element`, `times`: DER written, DER read, and the times in it.
- `keys`, `names`, `signing`: keys by the names of their types, GeneralNames, who signs and what comes out.
- `status`, `window`: what became of a certificate, and how long an answer may be believed.
- `points`: distribution points, in certificates and CRLs.
- `certificate`, `crl`, `ocsp_request`, `ocsp_response`: what is encoded, each from a value.
- `shape`, `frame`: usual requests and honest answers, by what they have in common with others.
- `issued`, `pem`: what is known of a certificate wherever it came from; its text form.
- `reading`: the few facts of a certificate that are read without cryptography's parser.
- `pem`, `pkcs12`: DER as text; keys and certificates behind a password.

1. No socket, no thread, no clock of its own.
2. Encoders write what the value says; the value may be absurd, and who made it so is not their business.
"""
