"""Which certificates a CRL is about, and for which reasons. The cases stand in `tests/kit/crl_cases.py`."""

import pytest

from mockpki._validation.finding import Unusable
from mockpki._validation.pointers import ALL_REASONS, distribution_points
from mockpki._validation.revocation_list import RevocationList
from mockpki._validation.scope import find_reasons, has_name
from tests.kit.crl_world import KEYS, ROUTINE, A, B, Flags, crl, leaf, point, scope, url


def test_the_halves_are_all_reasons() -> None:
    """Eight reasons there are, and the two halves have no reason in common."""
    assert KEYS | ROUTINE == ALL_REASONS
    assert (len(ALL_REASONS), len(KEYS & ROUTINE)) == (8, 0)


@pytest.mark.parametrize(
    ("of_the_point", "of_the_list", "covered"),
    [
        (None, None, ALL_REASONS),
        (KEYS, None, KEYS),
        (None, KEYS, KEYS),
        (KEYS, KEYS | {Flags.superseded}, KEYS),
        (KEYS, ROUTINE, frozenset()),
    ],
)
def test_reasons(
    of_the_point: frozenset[Flags] | None, of_the_list: frozenset[Flags] | None, covered: frozenset[Flags]
) -> None:
    """RFC 5280 section 6.3.3 (d): those of both, where both are there."""
    certificate = leaf(point(url("a"), reasons=of_the_point))
    found = RevocationList.load(crl(idp=scope(url("a"), some=of_the_list)))
    assert find_reasons(found, certificate, extended=True) == covered


def test_reasons_of_several_points() -> None:
    """A CRL that two distribution points name covers what both do."""
    certificate = leaf(point(url("a"), reasons=KEYS), point(url("b"), reasons=ROUTINE))
    for names, covered in ((("a",), KEYS), (("b",), ROUTINE), (("a", "b"), ALL_REASONS)):
        found = RevocationList.load(crl(idp=scope(*map(url, names))))
        assert find_reasons(found, certificate, extended=False) == covered


@pytest.mark.parametrize(
    ("idp", "sentence"),
    [
        (scope(url("c")), "for another distribution point"),
        (scope(cas=True), "does not cover certificates of this kind"),
        (scope(indirect=True), "an indirect CRL, or one for some reasons only"),
    ],
)
def test_not_covered(idp: object, sentence: str) -> None:
    """Why not is said; and without that field it is covered."""
    with pytest.raises(Unusable, match=sentence):
        find_reasons(RevocationList.load(crl(idp=idp)), leaf(A, B), extended=False)  # type: ignore[arg-type]
    assert find_reasons(RevocationList.load(crl()), leaf(A, B), extended=False) == ALL_REASONS


def test_a_name() -> None:
    """A CRL is for a point if a name is in both, or if it has none."""
    first, second = distribution_points(leaf(A, B))
    assert has_name(RevocationList.load(crl()), first)
    assert has_name(RevocationList.load(crl(idp=scope(url("a")))), first)
    assert not has_name(RevocationList.load(crl(idp=scope(url("a")))), second)
