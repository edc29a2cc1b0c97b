"""The catalogue of faults as data, and what each does to an answer, seen live.

- `entries`: every fault, in words, read off the classes. `readme`: the README's list of them.
- `recipe`, `recipes_ocsp`, `recipes_crl`: how to write the cases that other suites test, as code. `source`:
  that code as text.
- `lookup`: what a name stands for. `data`: a fault as a text or an object, both ways. `words`, `kinds`,
  `arguments`: texts taken apart, plain values, and what the parameters of a fault take. `respelling`: other
  notations in words. `prompt`: faults as
  they are typed.
- `scenes`: the honest answer and the bent one, made live. `difference`: where they differ.
- `values`, `fields`, `decoded`: DER in lines. `recognition`, `documents`: what octets are meant to be, and
  the forms in which people have them. `shown`: connections and handshakes in lines.
  `exchanges`: requests and handshakes that took place, decoded.

Only the laboratory comes in: commands, reports and the tests' evidence.
"""
