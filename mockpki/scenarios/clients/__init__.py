"""What clients are put through, and what a policy demands of them.

- `_offer`, `_scenario`, `_table`: what the sources say in a situation; what follows from it; all of them.
- `_stage`: a scenario on a live PKI, and what was seen there.
- `_judging`, `_case`, `_choice`: what a client did, held against a policy; a case of it; which of them.

`mockpki.scenarios` is the door.
"""
