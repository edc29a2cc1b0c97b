"""What verifiers of others say of each fault and recipe: ``python -m tests.evidence --out FOLDER``.

It is evidence, not expectation: no test holds any of it to be right, and it is written outside the
checkout only. The tests assert those cases where an RFC leaves one answer.

Which file is what:

- `__main__`: the command. `cases`: what is shown to the verifiers.
- `verifiers`, with `Revocation.java`: what a program of others makes of it, in a line.
"""
