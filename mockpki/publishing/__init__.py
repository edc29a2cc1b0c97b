"""How CAs publish: schedules, shards and deltas as values, those of well-known CAs by name.

    from dataclasses import replace
    from datetime import timedelta
    from mockpki import publishing

    hour = timedelta(hours=1)
    HOURLY = replace(publishing.AD_CS, full=publishing.Schedule(every=hour, life=2 * hour))

In this folder:

- `_schedule`, `_shards`, `_values`, `_presets`: when a CA signs, how it divides its list, both in one value,
  and those that have names; `_durations`: what these have to be.
- `_moments`: when anything is signed, as functions of the time.
- `_journal`: what was on a list at any moment.
- `_issues`: what each list says: number, base, times and entries.

Nothing here knows an octet, a clock or a lock.
"""

from __future__ import annotations

from ._presets import (
    AD_CS,
    AD_CS_PARTITIONED,
    AWS_PARTITIONED,
    AWS_PRIVATE_CA,
    DIGICERT,
    EJBCA_PARTITIONED,
    FREEIPA,
    GOOGLE_CAS,
    IMMEDIATE,
    LETS_ENCRYPT,
    LETS_ENCRYPT_2022,
    NAMED,
    STEP_CA,
    VAULT,
    VAULT_AUTO,
    named,
)
from ._schedule import Deltas, Schedule
from ._shards import WHOLE, AtRandom, ByExpiry, ByReason, BySerial, Filling, InTurn, Shards, Whole
from ._values import Publishing, by

__all__ = [
    "AD_CS",
    "AD_CS_PARTITIONED",
    "AWS_PARTITIONED",
    "AWS_PRIVATE_CA",
    "DIGICERT",
    "EJBCA_PARTITIONED",
    "FREEIPA",
    "GOOGLE_CAS",
    "IMMEDIATE",
    "LETS_ENCRYPT",
    "LETS_ENCRYPT_2022",
    "NAMED",
    "STEP_CA",
    "VAULT",
    "VAULT_AUTO",
    "WHOLE",
    "AtRandom",
    "ByExpiry",
    "ByReason",
    "BySerial",
    "Deltas",
    "Filling",
    "InTurn",
    "Publishing",
    "Schedule",
    "Shards",
    "Whole",
    "by",
    "named",
]
