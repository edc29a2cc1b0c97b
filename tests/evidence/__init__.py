"""What verifiers of others say of each fault and recipe: ``python -m tests.evidence --out FOLDER``.

It is evidence, not expectation: no test holds any of it to be right, and it is written outside the
checkout only. The tests assert those cases where an RFC leaves one answer.
"""
