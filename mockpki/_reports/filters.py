"""What CRLs and filters weigh, as a report: in a table, and drawn.

The keys of its JSON are the fields of `Weight`, with ``false_positive_rate``. There may be more one day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from .._probe.filters import Weight
from .model import Column, Curve, Fact, Group, Plot, Report, Row, Span

_COLUMNS = (
    Column("certificates", width=12, narrow=12),
    Column("revoked", right=True),
    Column("CRL", right=True),
    Column("filter", right=True),
    Column("new", right=True),
    Column("delta CRL", right=True),
    Column("delta filter", right=True),
    Column("false positives", right=True),
    Column("built in", right=True),
)
_WORDS = {
    "certificates": "all of one issuer that are known, with serial numbers of 16 octets: the universe",
    "CRL": "the complete CRL that lists all revoked ones, with a reason for none",
    "filter": "the clubcard of all known certificates, in version 3, for one issuer and one log",
    "new": "those of the revoked ones that the publication before did not have",
    "delta CRL, delta filter": "what tells a client that had that publication of the new ones",
    "false positives": "certificates that the filter does not know, and takes for revoked",
    "built in": "how long the filter took here",
}


def describe_weights(found: Sequence[Weight]) -> Report:
    """The report on what was weighed, in its order."""
    wrong, looked_up = sum(one.wrong for one in found), sum(one.looked_up for one in found)
    return Report(
        title="What a CRL and its filter weigh",
        headline="What a CRL and its filter weigh",
        objects=[{**asdict(one), "false_positive_rate": _find_rate(one)} for one in found],
        verdict=Span(
            f"Of {looked_up:,} known certificates that were looked up, {wrong:,} got a wrong answer."
            if wrong
            else f"All {looked_up:,} known certificates that were looked up got the right answer.",
            "wrong" if wrong else "right",
        ),
        sentences=(
            "All of this was built, signed, encoded and looked up just now. Sizes are in octets. A filter is "
            "never wrong about a certificate that it knows; of others it takes some for revoked, the more, "
            "the larger the share of revoked ones is.",
        ),
        groups=(
            Group(
                "Filters without a wrong answer",
                tuple(map(_make_row, found)),
                _COLUMNS,
                heading="A CRL and a filter of the same certificates",
            ),
        ),
        problems_heading="Wrong answers",
        words=tuple(Fact(name, (Span(words),)) for name, words in _WORDS.items()),
        plot=_plot(found),
    )


def _find_rate(one: Weight) -> float:
    return one.false_positives / one.strangers


def _make_row(one: Weight) -> Row:
    brief = (
        f"CRL {one.crl:,} octets, filter {one.filter_v3:,}, delta filter {one.delta_v3:,}; "
        f"{_find_rate(one):.2%} false positives"
    )
    return Row(
        f"{one.known:,}",
        not one.wrong,
        brief=(Span(brief, "dim"),),
        cells=tuple(
            (Span(text),)
            for text in (
                *(f"{size:,}" for size in (one.revoked, one.crl, one.filter_v3, one.new, one.delta_crl)),
                f"{one.delta_v3:,}",
                f"{_find_rate(one):.2%}",
                f"{one.seconds:.2f} s",
            )
        ),
        problems=(f"{one.wrong:,} of {one.looked_up:,} known certificates got a wrong answer",)
        if one.wrong
        else (),
        facts=(
            Fact("Certificates", (Span(f"{one.known:,}; {one.revoked:,} revoked, {one.new:,} of them new"),)),
            Fact("CRL", (Span(f"{one.crl:,} octets; delta CRL {one.delta_crl:,}"),)),
            Fact("Filter", (Span(f"{one.filter_v3:,} octets in version 3, {one.filter_v4:,} in version 4"),)),
            Fact("Delta filter", (Span(f"{one.delta_v3:,} octets and {one.delta_v4:,}"),)),
            Fact("Wrong", (Span(f"{one.wrong:,} of {one.looked_up:,} that it knows"),)),
            Fact("False positives", (Span(f"{one.false_positives:,} of {one.strangers:,} others"),)),
            Fact("Built in", (Span(f"{one.seconds:.2f} s"),)),
        ),
    )  # fmt: skip


def _plot(found: Sequence[Weight]) -> Plot | None:
    """The sizes over the number of certificates; of one number there is no curve."""
    ordered = sorted({one.known: one for one in found}.items())
    if len(ordered) < 2:
        return None
    curves = {"CRL": "crl", "delta CRL": "delta_crl", "filter": "filter_v3", "delta filter": "delta_v3"}
    return Plot(
        "Octets, by certificates",
        "Each line is a power of ten.",
        tuple(
            Curve(name, tuple((known, getattr(one, field)) for known, one in ordered))
            for name, field in curves.items()
        ),
    )
