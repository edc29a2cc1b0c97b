"""What clients are put through, and what a policy demands of them.

- `_offer`, `_scenario`: what the sources say in a situation, and what a policy then demands.
- `_filter_offer`: the same of CRLite's filters.
- `_history`: what happened at a CA before, and which CRL stands in another's place.
- `_table`: all situations that ship with mockpki; in `_list_table` those of CRLs as CAs publish them, in
  `_filter_table` those of filters.
- `_stage`, `_lists`: a scenario on a live PKI; what its CRLs are. `_seen`: what was seen there.
- `_judging`: what a client did, held against what was expected of it.
- `_control`: where a client has to accept before it is judged at all; `_stranger`: where it must not.
- `_calling`: the function that connects, and what its end means.
- `_case`, `_choice`: a scenario under a policy, which a test is given; which scenarios are meant.

`mockpki.scenarios` is the door.
"""
