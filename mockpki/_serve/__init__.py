"""`mockpki serve`: the same PKI for every language, and for a person with a browser.

- `bodies`, `queries`, `shapes`: what callers send and are answered, field by field. `durations`: durations
  among that. `conversion`: what comes as these, or why not.
- `topology`, `hosted`, `named`, `limits`: the PKIs of a server; what is in one, by the names that callers
  have for it; how much of everything there is.
- `route`, `table`: a call, and all calls there are. `health`, `pkis`, `authorities`, `certificates`,
  `services`, `filters`, `tls_servers`: the functions that answer them, and `views`, which shows what there
  is.
- `stages`: the scenarios, and clients that go through them. `catalogue`: the faults, shown as `entries`.
- `staples`, `staplers`: what TLS servers staple, and what gets it for them.
- `octets`: what came and went, as it was and decoded.
- `events`: what happened, for those who listen: what calls have changed by `changes`, what clients did by
  the `pump`. `streams`: the call that listens.
- `policies`: those of clients and of servers that staple, by name and field.
- `openapi`: what there is, for programs. `guard`: who may call. `problem`: what went wrong, as a document, in
  the `words` of calls. `waiting`: for what is to come.
- `console`: the page for a person with a browser.
- `application`, `server`, `activity`: from a request to an answer; the port; how long nobody has called.
- `settings`, `process`, `life`: what a server is to be; all of it as a process; what begins and ends that.
  `file`, `export`: PKIs of a TOML file, and back. `folder`: files under names that stay. `live`: what
  happens, a line each, and `answered`, what answers say. `reach`: where it may connect to. `log`: what it
  says meanwhile. `healthcheck`: whether another one is well.
"""
