"""A verdict in words."""

from mockpki import PKI, faults
from mockpki.relying_party import HARD_FAIL, Fetched, Verdict
from tests.relying_party.kit import check


class TestVerdict:
    def test_words(self, pki: PKI) -> None:
        """A verdict reads as a sentence, with everything that was looked at below."""
        verdict, _ = check(pki, pki.issue_cert("localhost"), HARD_FAIL, [faults.Stale()])
        first, *rest = str(verdict).splitlines()
        assert first.startswith("accepted (good): mockpki leaf ")
        assert [line.split()[0] for line in rest] == ["staple", "OCSP", "OCSP"]
        assert f"from {pki.ocsp.url}: good" in rest[1]

    def test_places(self) -> None:
        """What was looked at says where, but for a staple, which came with the handshake."""
        staple = Fetched("staple", "leaf", None, "stale", "it was good until then")
        asked = Fetched("OCSP", "leaf", "http://a.example/", "good", "good")
        assert str(staple) == "staple for leaf: it was good until then"
        assert str(asked) == "OCSP for leaf from http://a.example/: good"
        rejected = Verdict(False, ("one", "another"), fetched=(staple, asked))
        assert str(rejected) == f"rejected (undetermined): one; another\n  {staple}\n  {asked}"
