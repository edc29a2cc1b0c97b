"""Random and mutated input, guided by coverage: ``python -m tests.fuzz``. It needs atheris.

Which file is what:

- `__main__`: the command, which fuzzes one target after the other.
- `worker`: the process that one target is fuzzed in.
- `targets`: every target by its name.
- `http`: HTTP on one connection. `ocsp`: OCSP requests by POST and GET. `tls`: ClientHellos and handshakes.
- `crlite`: filters, and the SCTs of certificates.
- `kit`: what a target is, and the world that is fuzzed.

`tests/test_fuzz.py` runs every target without atheris, on its seeds and a few mutations of them.
"""
