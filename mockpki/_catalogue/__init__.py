"""The catalogue of faults as data, and what each does to an answer, seen live.

- `entries`: every fault, in words, read off the classes.
- `recipe`, `recipes_ocsp`, `recipes_crl`: how to write the cases that other suites test.
- `difference`: the honest answer and the bent one, and where they differ.
- `decoded`: DER in lines.
"""
