"""Benchmarks side by side with peers. From a checkout, in the environment that the tests run in::

    python -m tests.benchmarks                       # everything: about ten minutes on an idle machine
    python -m tests.benchmarks --only cycle issue
    python -m tests.benchmarks --json figures.json --plot growth.png

Which file is what:

- `__main__`: the command, and which benchmarks there are.
- `running`: what a benchmark is, and how its sides take turns.
- `everyday`: what every test pays. `responders`: OCSP. `growing`: large CRLs, memory, many clients.
  `handshakes`: stapled TLS. `long_tail`: ten thousand names behind one server. `filters`: CRLite beside a
  CRL. Each has its rows and their goals.
- `workers`: what is measured, in processes of its own. It is also a script.
- `load`: the load generator. `kit`: programs, peers and processes.
- `report`: a table and JSON. `plot`: a picture of what grows, as a script.

trustme, pytest-httpserver, certomancer and matplotlib are installed into environments of their own, outside
the checkout; openssl, nginx and wrk are the system's. `tests/test_benchmarks.py` holds that all of this runs.
"""
