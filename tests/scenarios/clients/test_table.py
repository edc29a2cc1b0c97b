"""Scenarios: the table against the reference client, and how a client is judged by it."""

import random
import socket
import ssl
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki import PKI, faults, relying_party, scenarios
from mockpki.relying_party import (
    HARD_FAIL,
    MUST_STAPLE,
    NO_CHECK,
    SOFT_FAIL,
    STAPLE_REQUIRED,
    Policy,
    Verdict,
)
from mockpki.scenarios import POLICIES, TABLE, Case, Expected, Offer, Says, Scenario

SHORT = timedelta(seconds=1)
"""For an answer that never comes."""

OTHER_POLICIES = {
    "no CRLs": replace(HARD_FAIL, sources=("staple", "OCSP")),
    "CRLs first": replace(HARD_FAIL, sources=("CRL", "OCSP")),
    "OCSP alone, softly": replace(SOFT_FAIL, sources=("OCSP",)),
    "staples alone, and hard-fail": Policy(sources=("staple",), hard_fail=True),
    "staples alone, for the leaf alone": Policy(sources=("staple",), hard_fail=True, whole_chain=False),
    "nowhere to look, and hard-fail": Policy(sources=(), hard_fail=True),
    "leaf alone": replace(HARD_FAIL, whole_chain=False),
    "unknown passes": replace(STAPLE_REQUIRED, unknown_rejects=False),
    "bad staples reject": replace(SOFT_FAIL, bad_staple_rejects=True),
    "generous clock": replace(HARD_FAIL, clock_skew=timedelta(days=2)),
    "impatient": replace(HARD_FAIL, timeout=timedelta(milliseconds=100)),
    "must-staple and hard-fail": replace(HARD_FAIL, honour_must_staple=True),
}


def by_name(name: str) -> Scenario:
    """The scenario of the table that has this name."""
    (found,) = scenarios.matching(name)
    return found


def quick(policy: Policy, scenario: Scenario) -> Case:
    """The two together, without a long wait where there is nothing to wait for."""
    return Case(scenario, replace(policy, timeout=SHORT) if "silent" in scenario.name else policy)


def reference(policy: Policy) -> Callable[..., Verdict]:
    """The reference client, as a function that connects."""

    def connect(host: str, port: int, ca_file: str, server_name: str) -> Verdict:
        return relying_party.check(host, port, ca=ca_file, server_name=server_name, policy=policy)

    return connect


class TestTable:
    def test_names(self) -> None:
        """There are sixty scenarios and more, each with a name of its own and a sentence."""
        assert len({one.name for one in TABLE}) == len(TABLE) >= 60
        assert len({one.sentence for one in TABLE}) == len(TABLE)
        assert all(one.sentence.endswith(".") and one.sentence[0].isupper() for one in TABLE)

    @pytest.mark.parametrize("name", POLICIES)
    def test_tells_apart(self, name: str) -> None:
        """No two policies have the same verdicts, and all but no-check have both kinds."""
        verdicts = [one.expected(POLICIES[name]).verdict for one in TABLE]
        others = [POLICIES[other] for other in POLICIES if other != name]
        assert all([one.expected(other).verdict for one in TABLE] != verdicts for other in others)
        kinds = {Expected.ACCEPT} if name == "no-check" else {Expected.ACCEPT, Expected.REJECT}
        assert set(verdicts) >= kinds

    def test_either_has_a_clause(self) -> None:
        """Where a client may do either, the clause that lets it is named."""
        found = [one.expected(policy) for one in TABLE for policy in POLICIES.values()]
        free = [one for one in found if one.verdict is Expected.EITHER]
        assert free
        assert all("RFC" in one.reason for one in free)

    @pytest.mark.parametrize(
        ("name", "verdicts"),
        [
            # no-check, soft-fail, hard-fail, staple-required, must-staple
            ("staple-good", "+++++"),
            ("staple-revoked", "+----"),
            ("staple-unknown", "++---"),
            ("staple-stale", "++--+"),
            ("staple-garbage", "+?--?"),
            ("ocsp-revoked", "+----"),
            ("ocsp-refused", "++--+"),
            ("ocsp-slow", "+++-+"),
            ("crl-hold", "+----"),
            ("must-staple-missing", "+++--"),
            ("must-staple-stale", "+++--"),
            ("intermediate-crl-revoked", "+--+-"),
            ("stale-staple-ocsp-revoked", "+----"),
            ("good-staple-ocsp-revoked", "+++++"),
            ("ocsp-refused-crl-revoked", "+----"),
            ("ocsp-unknown-crl-good", "++---"),
            ("ocsp-revoked-since", "+??-?"),
            ("no-sources", "++--+"),
        ],
    )
    def test_verdicts(self, name: str, verdicts: str) -> None:
        """What the field expects of each policy, written out by hand."""
        signs = {Expected.ACCEPT: "+", Expected.REJECT: "-", Expected.EITHER: "?"}
        found = (signs[by_name(name).expected(policy).verdict] for policy in POLICIES.values())
        assert "".join(found) == verdicts


class TestReference:
    @pytest.mark.parametrize(
        "case",
        [
            pytest.param(quick(policy, scenario), id=f"{name}-{scenario}")
            for name, policy in POLICIES.items()
            for scenario in TABLE
        ],
    )
    def test_keeps(self, case: Case) -> None:
        """The reference client does what each policy demands in every scenario."""
        case.check(reference(case.policy))

    @pytest.mark.parametrize("name", OTHER_POLICIES)
    def test_keeps_others(self, name: str) -> None:
        """So does it with policies that nobody has named."""
        chosen = [quick(OTHER_POLICIES[name], scenario) for scenario in TABLE]
        if name == "impatient":
            chosen = scenarios.cases(OTHER_POLICIES[name], only=["*-silent", "*-slow"])
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda case: case.check(reference(case.policy)), chosen))

    def test_in_any_order(self, pki: PKI) -> None:
        """One PKI can stage them all, in any order, and no verdict changes."""
        chosen = scenarios.cases(HARD_FAIL, skip="*-silent*")
        random.Random(0).shuffle(chosen)
        for case in chosen:
            case.check(reference(HARD_FAIL), pki=pki)

    def test_max_age(self) -> None:
        """An answer older than the policy's max_age is no use, and a younger one is."""
        old = Scenario(
            "ocsp-old", "Old, and still good.",
            ocsp=Offer(Says.GOOD, (faults.Ancient(by=timedelta(days=20)),), age=timedelta(days=20)),
        )  # fmt: skip
        for days, verdict in ((10, Expected.REJECT), (30, Expected.ACCEPT)):
            policy = replace(HARD_FAIL, max_age=timedelta(days=days))
            assert old.expected(policy).verdict is verdict
            Case(old, policy).check(reference(policy))


def careless(url: str, ca_file: str) -> None:
    """Never looks at anything."""
    reference(NO_CHECK)("localhost", int(url.rpartition(":")[2].strip("/")), ca_file, "localhost")


def gives_up(host: str, port: int, ca_file: str) -> None:
    """Connects without looking, and rejects all the same."""
    relying_party.check(host, port, ca=ca_file, server_name="localhost", policy=NO_CHECK)
    raise ssl.SSLError("no")


class TestCheck:
    def test_accepts_what_it_should_reject(self) -> None:
        """The failure says what was staged, expected and seen."""
        case = Case(by_name("ocsp-revoked"), HARD_FAIL)
        with pytest.raises(AssertionError) as caught:
            case.check(careless)
        text = str(caught.value)
        for part in (
            "ocsp-revoked: the policy demands reject, and the client did accept",
            "staged:   There is no staple and no CRL; the responder says revoked.",
            "expected: reject: OCSP says revoked",
            "happened: the client accepted after 0.",
            "TLSv1.3 for localhost: no staple asked for, none sent; completed",
            "OCSP: not asked",
            "CRL: not asked",
        ):
            assert part in text

    def test_rejects_what_it_should_accept(self) -> None:
        """The failure has the client's own words, and what it was sent."""
        case = Case(by_name("staple-stale"), SOFT_FAIL)
        with pytest.raises(AssertionError) as caught:
            case.check(reference(STAPLE_REQUIRED))
        text = str(caught.value)
        assert "the policy demands accept, and the client did reject" in text
        assert "the policy requires a usable staple" in text
        assert "not completed (" in text
        assert "alert bad_certificate_status_response" in text
        assert "octets sent" in text

    def test_rejects_for_another_reason(self) -> None:
        """A rejection counts only if the client has looked at what told it to."""
        case = Case(by_name("ocsp-revoked"), HARD_FAIL)
        with pytest.raises(AssertionError, match=r"without having looked at what told it to \(OCSP\)"):
            case.check(gives_up)
        assert not case.check(gives_up, evidence=False).outcome.accepted
        # Nobody can see who tries a port where nobody listens.
        assert Case(by_name("ocsp-refused"), HARD_FAIL).check(gives_up).ok

    def test_never_came(self) -> None:
        """A client that does not come has no verdict."""
        case = Case(by_name("staple-good"), SOFT_FAIL)
        with pytest.raises(AssertionError, match="the client never came"):
            case.check(lambda: None)
        assert case.check(lambda: None, evidence=False).ok

    def test_no_handshake(self) -> None:
        """A client that accepts without a handshake has not accepted the server."""

        def distrusts(host: str, port: int) -> None:
            context = ssl.create_default_context()
            with pytest.raises(ssl.SSLError), socket.create_connection((host, port), timeout=5) as sock:
                context.wrap_socket(sock, server_hostname="localhost")

        with pytest.raises(AssertionError, match="it completed no TLS handshake"):
            Case(by_name("staple-good"), SOFT_FAIL).check(distrusts)

    def test_verdicts(self) -> None:
        """False, an exception and a verdict reject; anything else accepts."""
        case = Case(by_name("no-sources"), HARD_FAIL)

        def returns(value: object) -> Callable[[str, int, str], object]:
            def connect(host: str, port: int, ca_file: str) -> object:
                verdict = relying_party.check(
                    host, port, ca=ca_file, server_name="localhost", policy="hard-fail"
                )
                return verdict if value == "verdict" else value

            return connect

        assert case.check(returns(False)).outcome.words == "returned False"
        assert "no source could tell" in case.check(returns("verdict")).outcome.words
        for accepting in (None, True, 0):
            with pytest.raises(AssertionError, match="demands reject, and the client did accept"):
                case.check(returns(accepting))

    def test_mistakes(self) -> None:
        """A mistake in the test's own function is no verdict."""

        def mistaken(host: str) -> None:
            raise TypeError(f"my own mistake with {host}")

        with pytest.raises(TypeError, match="my own mistake with 127"):
            Case(by_name("ocsp-revoked"), HARD_FAIL).check(mistaken)
        with pytest.raises(FileNotFoundError, match="no-such-client"):
            Case(by_name("no-sources"), HARD_FAIL).check(lambda: subprocess.run(["no-such-client"]))

    def test_parameters(self) -> None:
        """A function that connects takes what there is to take, by name."""
        case = Case(by_name("staple-good"), SOFT_FAIL)
        got: dict[str, Any] = {}

        def everything(**where: Any) -> Verdict:
            got.update(where)
            return reference(SOFT_FAIL)(where["host"], where["port"], where["ca_file"], where["server_name"])

        case.check(everything)
        assert tuple(got) == scenarios.TARGET_NAMES
        assert got["url"] == f"https://localhost:{got['port']}/"
        assert (got["ocsp_url"], got["crl_url"]) == ("", "")
        Case(by_name("ocsp-unresolvable"), SOFT_FAIL).check(everything)
        assert got["ocsp_url"].endswith(".invalid/ocsp")
        Case(by_name("crl-good"), SOFT_FAIL).check(everything)
        assert got["crl_url"].endswith(".crl")
        wrong: Any = None
        with pytest.raises(TypeError, match="has no parameter 'cafile'; did you mean ca_file"):
            case.check(lambda cafile: wrong)
        with pytest.raises(TypeError, match="has no parameter 'zzz'; it can have host, port"):
            case.check(lambda zzz: wrong)
        with pytest.raises(TypeError, match="takes a function that connects"):
            case.check(wrong)
        assert case.check(lambda url, ca_file, verbose=True: careless(url, ca_file)).ok

    def test_by_hand(self, pki: PKI) -> None:
        """A client can be driven by hand, visit by visit."""
        case = Case(by_name("ocsp-recovers"), replace(HARD_FAIL, sources=("OCSP",)))
        with case.staged(pki) as stage:
            verdicts = []
            for target in stage.visits():
                where = target.host, target.port, target.ca_file, target.server_name
                verdicts.append(reference(case.policy)(*where).accepted)
            assert verdicts == [False, True]
            assert stage.seen.asked == {"OCSP"}
            assert len(stage.seen.handshakes) == len(stage.seen.ocsp) == 1
            assert len(stage.server.connections) == 2


class TestMine:
    def test_scenario(self) -> None:
        """A scenario of one's own is a value, and what policies demand follows from it."""
        mine = Scenario(
            "ocsp-weak", "The responder signs with SHA-1.",
            ocsp=Offer(Says.UNUSABLE, (faults.SignatureDigest("sha1"),)),
        )  # fmt: skip
        assert [mine.expected(policy).verdict.value for policy in (SOFT_FAIL, HARD_FAIL)] == [
            "accept",
            "reject",
        ]
        for policy in (SOFT_FAIL, HARD_FAIL):
            Case(mine, policy).check(reference(policy))
        assert [
            case.name for case in scenarios.cases("hard-fail", only="ocsp-we*", table=(*TABLE, mine))
        ] == ["ocsp-weak"]

    def test_mistakes(self) -> None:
        """What no scenario can be is refused with a sentence."""
        wrong: Any = 3
        mistakes: dict[Callable[[], object], str] = {
            lambda: Scenario("Not A Name", "x."): "'Not A Name' is no name of a scenario",
            lambda: Scenario("x", "x.", status="lost"): "status='lost' cannot be; there are good, revoked",
            lambda: Scenario("x", "x.", about="root"): "about='root' cannot be; there are leaf",
            lambda: Offer(Says.GOOD, where="moon"): "where='moon' is no place of an offer; there are live",
            lambda: Offer(Says.GOOD, also=Says.UNUSABLE): "go together: what else a client may read",
        }
        for mistake, sentence in mistakes.items():
            with pytest.raises(ValueError, match=sentence):
                mistake()
        with pytest.raises(TypeError, match="scenarios are chosen by name"):
            scenarios.matching([wrong])
        with pytest.raises(LookupError, match="no scenario 'ocsp-stalled'; did you mean ocsp-stale"):
            scenarios.matching("ocsp-stalled")
        with pytest.raises(LookupError, match="no scenario '!'; `mockpki scenarios` lists them"):
            scenarios.cases(HARD_FAIL, skip="!")
        with pytest.raises(LookupError, match="no policy 'firm-fail'; did you mean"):
            scenarios.parametrize("firm-fail")

    def test_intermediate(self, pki: PKI) -> None:
        """A CA's certificate can be issued with URLs of one's own, and with none."""
        child = pki.root.create_child_ca(ocsp_urls=[], crl_urls=["http://127.0.0.1:9/x.crl"])
        text = child.certificate.extensions
        assert "http://127.0.0.1:9/x.crl" in str(text)
        assert pki.root.ocsp.url not in str(text)
        wrong: Any = "http://127.0.0.1:9/"
        with pytest.raises(TypeError, match="ocsp_urls takes a list of URLs"):
            pki.root.create_child_ca(ocsp_urls=wrong)


SUITE = """
import ssl
from mockpki import relying_party, scenarios

@scenarios.parametrize(policy="{policy}", only="staple-[gs]*", skip={{"staple-stale": "not yet"}})
def test_revocation(scenario):
    scenario.check(
        lambda host, port, ca_file, server_name: relying_party.check(
            host, port, ca=ca_file, server_name=server_name, policy="staple-required"
        )
    )

@scenarios.parametrize("no-check", only=["crl-good", "no-sources"], skip="crl-good")
def test_no_check(scenario, pki):
    assert scenario.name == "no-sources" and scenario.sentence and scenario.expected.verdict == "accept"
    scenario.check(
        lambda host, port, ca_file: relying_party.check(
            host, port, ca=ca_file, server_name="localhost", policy=scenario.policy
        ),
        pki=pki,
    )
"""

OPTIONS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:asyncio", "-W", "error", "-rA")


@pytest.mark.parametrize(("policy", "failed"), [("staple-required", 0), ("no-check", 1)])
def test_parametrize(pytester: pytest.Pytester, policy: str, failed: int) -> None:
    """Tests are named after scenarios, skipped with a reason, and fail when the policy is another."""
    pytester.makepyfile(SUITE.format(policy=policy))
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(passed=3 - failed, failed=failed, skipped=2)
    result.stdout.fnmatch_lines(["*SKIPPED*not yet*", "*SKIPPED*left out by name*"])
    result.stdout.fnmatch_lines("*test_revocation?staple-good?*")
    if failed:
        result.stdout.fnmatch_lines("*staple-garbage: the policy demands accept, and the client did reject*")


def test_must_staple_is_named() -> None:
    """The named policies are those of the relying party."""
    assert POLICIES["must-staple"] is MUST_STAPLE
