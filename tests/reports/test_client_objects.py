"""A report on a client as JSON: everything that was seen, under keys that stay."""

import json

import mockpki
from mockpki._probe import ClientReport, make_report
from mockpki._reports import FORMATS
from mockpki._reports.clients import describe_client
from mockpki.relying_party import named
from mockpki.scenarios import matching
from tests.kit.probes import COMMAND, NASTY, met


class TestJson:
    def test_whole(self, strict: ClientReport) -> None:
        """Everything of the matrix is there, with the evidence, under keys that stay."""
        found = json.loads(FORMATS["json"](describe_client(strict)))
        assert set(found) == {"mockpki", "command", "seconds", "policy", "behaves_like", "scenarios"}
        assert (found["mockpki"], found["seconds"]) == (mockpki.__version__, 12.5)
        assert found["command"] == list(COMMAND.words)
        policy = found["policy"]
        assert (policy["name"], policy["demanded"], policy["kept"]) == ("hard-fail", True, False)
        assert policy["exceptions"] == [row.name for row in strict.failures]
        assert policy["fields"]["sources"] == ["staple", "OCSP", "CRL"]
        assert [one["name"] for one in found["scenarios"]] == [row.name for row in strict.rows]
        assert all(set(one) == SCENARIO_KEYS for one in found["scenarios"])

    def test_scenarios(self, strict: ClientReport) -> None:
        """A scenario has what was demanded, what happened, and what was seen."""
        objects = json.loads(FORMATS["json"](describe_client(strict)))["scenarios"]
        named = {one["name"]: one for one in objects}
        revoked = named["ocsp-revoked"]
        assert (revoked["verdict"], revoked["ok"], revoked["exit_status"]) == ("reject", True, 1)
        assert revoked["expected"] == {
            "verdict": "reject", "reason": "OCSP says revoked", "told_by": ["OCSP"],
        }  # fmt: skip
        assert revoked["asked"] == ["staple", "OCSP"]
        assert revoked["alerts"] == ["bad_certificate_status_response"]
        assert revoked["printed"] == NASTY
        (question,) = revoked["ocsp"]
        assert (question["status"], question["faults"]) == (200, [])
        assert question["method"] in ("GET", "POST")
        (shake,) = named["staple-good"]["handshakes"]
        assert (shake["version"], shake["staple_requested"], shake["completed"]) == ("TLSv1.3", True, True)
        assert bytes.fromhex(shake["staple"])[0] == 0x30
        hung = named["ocsp-silent"]
        assert (hung["verdict"], hung["ok"], hung["exit_status"]) == ("hung", False, None)
        assert hung["problems"] == ["the client came to no verdict"]

    def test_behaves_like(self, strict: ClientReport, lenient: ClientReport) -> None:
        """The policies that fit are there with their exceptions; for who came to no verdict, none is."""
        like = json.loads(FORMATS["json"](describe_client(strict)))["behaves_like"]
        assert [one["words"] for one in like["named"]] == ["soft-fail"]
        assert (like["exact"], like["no_verdict"]) == (None, ["ocsp-silent"])
        assert like["sentences"] == list(strict.inference.sentences)
        policy = json.loads(FORMATS["json"](describe_client(lenient)))["policy"]
        assert (policy["demanded"], policy["kept"], policy["exceptions"]) == (False, True, [])

    def test_exact(self) -> None:
        """A policy without a name is there in words and in fields, with how many fit as well."""
        policy = named("soft-fail,sources=OCSP")
        met_by_it = [met(one, policy) for one in matching(("staple-revoked", "ocsp-[gr]*ed", "crl-revoked"))]
        like = json.loads(FORMATS["json"](describe_client(make_report(COMMAND, met_by_it, 1.0))))[
            "behaves_like"
        ]
        assert like["exact"]["words"] == "soft-fail, but asks OCSP only"
        assert (like["exact"]["fields"]["sources"], like["exact"]["exceptions"]) == (["OCSP"], [])
        assert like["exact"]["others"] > 0
        assert [(one["words"], one["exceptions"]) for one in like["named"]] == [
            ("soft-fail", ["staple-revoked", "crl-revoked", "ocsp-refused-crl-revoked"])
        ]


SCENARIO_KEYS = {
    "name", "sentence", "verdict", "expected", "ok", "problems", "exit_status", "seconds", "words", "command",
    "asked", "alerts", "handshakes", "ocsp", "crl", "crlite", "others", "printed",
}  # fmt: skip
