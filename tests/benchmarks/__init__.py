"""Benchmarks side by side with peers. From a checkout, in the environment that the tests run in::

    python -m tests.benchmarks                       # everything: about ten minutes on an idle machine
    python -m tests.benchmarks --only cycle issue
    python -m tests.benchmarks --json figures.json --plot growth.png

`running` has what a benchmark is, `workers` what is measured, in processes of its own; `everyday`,
`responders`, `growing` and `handshakes` have the rows and their goals; `load` and `kit` the load
generator and the peers; `report` prints. trustme, pytest-httpserver, certomancer and matplotlib are
installed into environments of their own, outside the checkout; openssl, nginx and wrk are the system's.
"""
