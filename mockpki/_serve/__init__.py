"""`mockpki serve`: the same PKI for every language, and for a person with a browser.

- `bodies`, `shapes`: what callers send and are answered, field by field. `durations`: durations among that.
- `topology`, `hosted`, `named`, `limits`: the PKIs of a server; what is in one, by the names that callers
  have for it; how much of everything there is.
- `route`, `table`: a call, and all calls there are. `health`, `pkis`, `authorities`, `certificates`,
  `services`, `tls_servers`, `stages`: the functions that answer them, and `views`, which shows what there is.
- `policies`: those of clients and of servers that staple, by name and field.
- `guard`: who may call. `problem`: what went wrong, as a document. `waiting`: for what is to come.
- `application`, `server`, `life`: from a request to an answer; the port; start and end of the process.
"""
