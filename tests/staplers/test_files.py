"""Staples that somebody has put into a file."""

from dataclasses import replace

import pytest

from mockpki import PKI, faults
from mockpki.staplers import (
    Kind,
    Stapler,
)
from mockpki.staplers._files import Files, load_file
from tests.kit.situations import GOOD, file
from tests.kit.staples import (
    FILE,
    LAZY,
    ask,
    browse,
    kinds,
    reason,
    word,
)


def test_a_file_is_what_the_administrator_put_there(pki: PKI) -> None:
    """Left out, an honest response is there from the start; it can be replaced, and it can be missing."""
    leaf, other = pki.issue_cert("localhost"), pki.issue_cert("other.example")
    stapler = Stapler(FILE)
    with pki.tls_server(leaf, other, staple=stapler) as server:
        assert ask(pki, server) == "good"
        stapler.preload(leaf, None)
        assert ask(pki, server) == "none"
        assert reason(server) == "there is no file with a staple"
        stapler.preload(leaf, pki.ocsp.response_for(leaf, faults.TryLater()))
        assert ask(pki, server) == "none"
        assert reason(server) == "the file's response cannot be used: the responder answered tryLater"
        stapler.preload(leaf, pki.ocsp.response_for(leaf))
        stapler.preload(pki.issue_cert("absent.example"), None)
        assert ask(pki, server) == "good"
        assert word(browse(pki, server, "other.example").staple) == "good"
        assert set(kinds(stapler)) == {Kind.LOADED, Kind.SERVED, Kind.OMITTED}
    pki.ocsp.assert_not_asked()
    assert stapler.stats.fetches == stapler.stats.answered == 0


def test_what_cannot_be_preloaded(pki: PKI) -> None:
    """Only a policy with a file has one, and only an OCSP response can be in it."""
    leaf = pki.issue_cert("localhost")
    with pytest.raises(ValueError, match="is for policies with trigger 'file'; with 'lazy_async'"):
        Stapler(LAZY).preload(leaf, None)
    with pytest.raises(ValueError, match="takes an OCSP response in DER"):
        Stapler(FILE).preload(leaf, b"garbage")
    with pytest.raises(TypeError, match="takes DER bytes, or None for no staple; got 'good'"):
        Stapler(FILE).preload(leaf, "good")  # type: ignore[arg-type]


# Without a server.


def test_what_is_in_a_file(pki: PKI) -> None:
    """What was put there, or else an honest answer, the same one each time."""
    files, leaf, other = Files(), pki.issue_cert("localhost"), pki.issue_cert("other.example")
    honest = files.get(leaf)
    assert honest is not None
    assert files.get(leaf) is honest
    files.put(leaf, None)
    assert files.get(leaf) is None
    given = pki.ocsp.response_for(other)
    files.put(other, given)
    assert files.get(other) == given


def test_what_a_file_makes_of_what_was_known(pki: PKI) -> None:
    """What was there before is gone, with no word about it; what cannot be used may be passed on."""
    leaf = pki.issue_cert("localhost")
    known, now = replace(GOOD, leaf=leaf), pki.clock.now()
    good = load_file(FILE, known, pki.ocsp.response_for(leaf), now)
    assert good.known.answer is not None
    assert [note.kind for note in good.notes] == [Kind.LOADED]
    assert good.notes[0].detail == str(good.known.answer)
    bad = pki.ocsp.response_for(leaf, faults.TryLater())
    for der, kind, sentence in (
        (None, Kind.NO_ANSWER, "there is no file with a staple"),
        (bad, Kind.REFUSED, "the file's response cannot be used: the responder answered tryLater"),
    ):
        change = load_file(file(on_error_resp="relay"), known, der, now)
        failure = change.known.failure
        assert failure is not None
        assert (change.known.answer, failure.kind, failure.relay) == (None, kind, der)
        assert [tuple(note) for note in change.notes] == [(Kind.LOADED, sentence)]
        assert not change.begins
