"""What a CA serves: requests in, answers out.

- `service`: what all of them share: where they are, how a request becomes an answer.
- `control`: what a test sets: faults for all or for one, scripts, sequences.
- `questions`: an HTTP request with the question in it, which is read once at most.
- `responder`: the OCSP responder; `editions`: what its answers say at any time.
- `files`, `publisher`: files that do not depend on the question: the CA's certificate, and its CRLs.
- `immediate`, `scheduled`: one CRL that is new at every request, or those of a schedule; `scope`, `crl_file`:
  what each of these covers, and is; `authorities`: whose certificates are on them; `signed_list`: how all of
  them become octets.
- `caching`: the headers that caches go by.
- `crlite`: the filters of a whole PKI, and the lists of them. `filters`: which there are at any moment, and
  what of; `filter_file`: one of them; `enrolment`: which certificates the log has, of which issuers.
- `evidence`: what was asked and answered. `journal`: how that is kept, as octets.
- `ledger`: what became of each serial number; the core's only mutable state.

1. No socket and no thread is here. The engine, a WSGI server or a test calls `Service.handle`.
2. Faults are applied by `bend`, one line a layer; no branch asks which fault it is.
3. Whatever was asked is recorded as soon as it is answered, with the answer it was given.
"""
