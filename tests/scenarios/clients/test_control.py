"""The control: who does not accept where nothing is wrong is not judged, in any scenario."""

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from mockpki import PKI, relying_party, scenarios
from mockpki._tls.handshake import Handshake
from mockpki._tls.spoken import Spoken
from mockpki.relying_party import HARD_FAIL, Policy, Verdict
from mockpki.scenarios import CONTROL, POLICIES, TABLE, Case, Expected, Outcome, Seen, find_trouble
from mockpki.scenarios.clients._control import Memory
from tests.kit import mail
from tests.kit.broken_clients import BROKEN, closes_at_once, is_a_coroutine, stays_away, without_trust
from tests.kit.reference_client import by_name, careless, reference

ACCEPTED, REJECTED = Outcome(True), Outcome(False)


class TestBroken:
    """Every broken client, in every scenario."""

    @pytest.mark.parametrize("policy", POLICIES)
    @pytest.mark.parametrize("client", BROKEN, ids=lambda client: client.__name__)
    def test_never_kept(self, client: Callable[..., object], policy: str) -> None:
        """It fails in all of them with the same sentence, which says what was seen."""
        failures = set()
        for case in scenarios.cases(policy):
            with pytest.raises(AssertionError) as caught:
                case.check(client)
            name, _, failure = str(caught.value).partition(": ")
            assert name == case.name
            failures.add(failure)
        (failure,) = failures
        assert failure.startswith("not judged: ")
        assert BROKEN[client] in failure.partition("\n")[0]

    @pytest.mark.parametrize("policy", POLICIES)
    def test_a_coroutine(self, policy: str) -> None:
        """One that would have to be awaited is refused in all of them, with the way out."""
        for case in scenarios.cases(policy):
            with pytest.raises(TypeError, match=r"write `await scenario\.check_async\(connect\)`"):
                case.check(is_a_coroutine)

    def test_one_that_is_well(self) -> None:
        """A client that accepts in the control is judged, for better and for worse."""
        assert Case(by_name("ocsp-good"), HARD_FAIL).check(reference(HARD_FAIL)).ok
        with pytest.raises(AssertionError, match="ocsp-revoked: the policy demands reject"):
            Case(by_name("ocsp-revoked"), HARD_FAIL).check(careless)


class TestControl:
    def test_it_asks_for_acceptance(self) -> None:
        """Every named policy accepts there, so that a rejection can only be about something else."""
        assert {CONTROL.expected(policy).verdict for policy in POLICIES.values()} == {Expected.ACCEPT}
        assert CONTROL not in TABLE

    def test_a_policy_that_rejects_everybody(self) -> None:
        """There is no control for it: to reject is to keep it."""
        nowhere = Policy(sources=(), hard_fail=True)
        assert CONTROL.expected(nowhere).verdict is Expected.REJECT
        assert Case(by_name("ocsp-good"), nowhere).check(reference(nowhere)).ok

    def test_without_evidence(self) -> None:
        """The verdict alone is judged then, and there is no control."""
        case = Case(by_name("ocsp-revoked"), HARD_FAIL)
        assert case.check(lambda: False, evidence=False).ok
        with pytest.raises(AssertionError, match="demands reject, and the client did accept"):
            case.check(lambda: None, evidence=False)

    def test_in_the_same_pki(self, pki: PKI) -> None:
        """The control is staged where the scenario is: a client that knows another PKI is found out."""
        with PKI() as other:

            def connect(host: str, port: int) -> Verdict:
                return relying_party.check(host, port, ca=other.ca_file, server_name="localhost")

            case = Case(by_name("ocsp-revoked"), HARD_FAIL)
            with pytest.raises(AssertionError, match="ocsp-revoked: not judged: it does not trust the CA"):
                case.check(connect, pki=pki)
            assert case.check(connect, pki=other).ok

    def test_an_alert_after_the_control(self) -> None:
        """Who loses its trust later has not rejected for revocation, in whichever scenario."""
        # Whoever is not sent the whole chain may say so by that alert.
        skip = ("*-slow", "intermediate-not-sent")
        for case in scenarios.cases(replace(HARD_FAIL, sourceless_passes=False), skip=skip):
            came = []

            def connect(host: str, port: int, ca_file: str, server_name: str) -> object:
                came.append(host)  # noqa: B023
                if len(came) == 2:  # noqa: B023 - it is the stranger
                    raise ConnectionRefusedError
                if len(came) > 2:  # noqa: B023
                    without_trust(f"https://{server_name}:{port}/")
                return relying_party.check(host, port, ca=ca_file, server_name=server_name)

            if case.expected.verdict is Expected.EITHER:
                # Nothing is demanded there, and so no reason for it.
                assert case.check(connect).ok
                continue
            with pytest.raises(AssertionError, match="alert unknown_ca, which is about trust and not about"):
                case.check(connect)


class TestMemory:
    def test_once_for_a_table(self) -> None:
        """A function is sent to both controls once; a lambda that holds nothing is the same each time."""
        came: list[int] = []

        def connect(host: str, port: int, ca_file: str) -> None:
            came.append(port)
            assert careless(f"https://{host}:{port}/", ca_file).accepted

        chosen = scenarios.cases("no-check", only="staple-[grs]*")
        for case in chosen:
            case.check(connect)
        assert len(came) == len(set(came)) == len(chosen) + 2
        memory = Memory()
        made: list[Any] = [lambda url: url for _ in range(2)]
        memory.remember(made[0], "trouble")
        assert memory.recall(made[1]) == "trouble"
        assert memory.recall(lambda url: url) is None

    def test_functions_that_differ(self) -> None:
        """One that holds something is known by itself alone, and is let go with it."""
        memory = Memory()
        made: list[Any] = [lambda url, held=held: held for held in range(2)]
        memory.remember(made[0], "")
        assert [memory.recall(one) for one in made] == ["", None]
        gone = weakref.ref(made.pop(0))
        gc.collect()
        assert gone() is None
        memory.remember(print, "trouble")
        assert memory.recall(print) is None

    def test_what_is_spoken(self) -> None:
        """What came of it in one protocol is not known of another; a handler that holds something is new."""
        memory, mine = Memory(), Spoken(mail.speak, before_tls=mail.starttls)
        made: list[Any] = [lambda url: url, lambda url, held=1: held]
        others = [Spoken(), Spoken(mail.speak), Spoken(forward_to=("127.0.0.1", 1), before_tls=mail.starttls)]
        for connect in made:
            memory.remember(connect, "trouble", mine)
            assert memory.recall(connect, Spoken(mail.speak, None, mail.starttls)) == "trouble"
            assert [memory.recall(connect, other) for other in others] == [None] * 3
            holding = Spoken(partial(mail.speak))
            memory.remember(connect, "trouble", holding)
            assert memory.recall(connect, holding) is None


class TestTrouble:
    """Why a client cannot be judged, by what was seen of it."""

    @pytest.mark.parametrize(
        ("outcome", "shake", "sentence"),
        [
            (ACCEPTED, {"completed": True}, ""),
            (REJECTED, {"alert": "unknown_ca"}, "it does not trust the CA: give it {ca_file}"),
            (ACCEPTED, {"alert": "unknown_ca"}, "it accepted, and yet it completed no TLS handshake"),
            (REJECTED, {"alert": "unknown_ca", "completed": True}, "it does not trust the CA"),
            (
                REJECTED,
                {"alert": "bad_certificate"},
                "(alert bad_certificate): give it {ca_file}, and let it",
            ),
            (REJECTED, {"alert": "certificate_unknown"}, "it does not accept a certificate of which all say"),
            (REJECTED, {"alert": "certificate_revoked"}, "it rejects as revoked, or for its staple"),
            (REJECTED, {"alert": "protocol_version"}, "no TLS handshake (alert protocol_version): it is"),
            (REJECTED, {"error": "no shared cipher"}, "it completed no TLS handshake: no shared cipher"),
            (
                REJECTED,
                {"completed": True},
                "it failed after the handshake: does it speak HTTP? see handler=, ",
            ),
            (
                REJECTED,
                {"completed": True, "requests": 1},
                "though its request was answered with HTTP status",
            ),
            (Outcome(None), {"completed": True}, "it came to no verdict where nothing is wrong"),
        ],
    )
    def test_sentences(self, outcome: Outcome, shake: dict[str, Any], sentence: str) -> None:
        """The alert says most; without one, how far it came."""
        seen = Seen((Handshake("client", **shake),), (), ())
        trouble = find_trouble(outcome, seen)
        assert sentence in trouble
        assert bool(trouble) is bool(sentence)

    def test_without_tls(self) -> None:
        """A client that comes to the responder alone has to accept, too."""
        with Case(by_name("ocsp-good"), HARD_FAIL).staged() as stage:
            *_, target = stage.visits()
            assert find_trouble(ACCEPTED, stage.seen).startswith("the client never came")
            closes_at_once(target.host, target.port)
            assert "no TLS handshake" in find_trouble(ACCEPTED, stage.seen)
        assert find_trouble(ACCEPTED, Seen((), (), ())) == find_trouble(REJECTED, Seen((), (), ()))
        with pytest.raises(AssertionError, match="never came"):
            Case(by_name("ocsp-good"), HARD_FAIL).check(stays_away)
