"""Which scenarios of a table are meant, by name or pattern."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

from ..._parameters import check_arguments
from ..._typed import suggest
from ...relying_party import Policy, named
from ._case import Case
from ._control import Memory
from ._scenario import Scenario
from ._table import TABLE

if TYPE_CHECKING:
    import pytest

Names = Annotated[str | Iterable[str], "names, such as 'ocsp-stale' or 'ocsp-*'"]


@check_arguments
def matching(names: Names, table: Sequence[Scenario] | None = None) -> list[Scenario]:
    """The scenarios of *table* that have one of *names*, which may be patterns such as ``"ocsp-*"``.

    Without a *table*, those of `TABLE`.

    Raises LookupError, with near names, for one that matches nothing.
    """
    table = TABLE if table is None else table
    patterns = (names,) if isinstance(names, str) else tuple(names)
    known = [scenario.name for scenario in table]
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise TypeError(
                f"scenarios are chosen by name, such as 'ocsp-stale' or 'ocsp-*'; got {pattern!r}"
            )
        if not any(fnmatchcase(name, pattern) for name in known):
            hint = suggest(pattern, known, "`mockpki scenarios` lists them.")
            raise LookupError(f"there is no scenario {pattern!r}; {hint}")
    return [
        scenario for scenario in table if any(fnmatchcase(scenario.name, pattern) for pattern in patterns)
    ]


@check_arguments
def cases(
    policy: Policy | str, *, only: Names = "*", skip: Names = (), table: Sequence[Scenario] | None = None
) -> list[Case]:
    """The scenarios of *table* (or of `TABLE`) under *policy*, in its order: *only* these, without *skip*.

    Those of filters are for policies with the source ``"CRLite"``; with others they are there if *only* has
    them.
    """
    left_out = {scenario.name for scenario in matching(skip, table)}
    chosen = named(policy)
    memory = Memory()
    found = matching(only, table)
    if only == "*" and "CRLite" not in chosen.sources:
        # Who looks into no filters cannot see what is wrong there.
        found = [one for one in found if one.crlite is None]
    return [Case(one, chosen, memory) for one in found if one.name not in left_out]


@check_arguments
def parametrize(
    policy: Policy | str,
    *,
    only: Names = "*",
    skip: Names | Mapping[str, str] = (),
    table: Sequence[Scenario] | None = None,
) -> pytest.MarkDecorator:
    """Give a test one `Case` after the other as ``scenario``: a decorator for a pytest test.

        @scenarios.parametrize(policy="hard-fail", skip={"crl-*": "we fetch no CRLs yet"})
        def test_revocation(scenario):
            scenario.check(lambda url, ca_file: my_client.get(url, verify=ca_file))

    *policy* is a `relying_party.Policy` or the name of one. *only* and *skip* are names or patterns;
    those to skip are reported as skipped, with the reason where a mapping gives one. *table* may be
    `TABLE`, as when left out, with scenarios of your own added. Raises LookupError for a name that there
    is not.
    """
    import pytest

    reasons = dict(skip) if isinstance(skip, Mapping) else dict.fromkeys(_as_tuple(skip), "left out by name")
    why = {one.name: reason for pattern, reason in reasons.items() for one in matching(pattern, table)}
    marks = {name: [pytest.mark.skip(reason=reason)] for name, reason in why.items()}
    parameters = [
        pytest.param(case, id=case.name, marks=marks.get(case.name, ()))
        for case in cases(policy, only=only, table=table)
    ]
    return pytest.mark.parametrize("scenario", parameters)


def _as_tuple(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
