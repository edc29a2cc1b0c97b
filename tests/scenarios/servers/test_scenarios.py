"""The scenario table for stapling servers: presets keep to it, demands are judged, real servers run in it."""

import contextlib
import os
import re
import signal
import socket
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mockpki import PKI, faults, staplers
from mockpki._programs import ports
from mockpki._programs.placeholders import Placeholders
from mockpki._programs.ports import _PORTS, _can_bind, free_port
from mockpki._reports.timeline_svg import STYLE, legend
from mockpki.scenarios.servers import (
    BEHAVIOUR,
    CHARACTERS,
    DEMANDS,
    KINDS,
    PLACEHOLDERS,
    SCENARIOS,
    WORDS,
    _command,
    choose_scenarios,
    is_like,
    kind,
    look_up_words,
    named,
    nearest,
)
from mockpki.scenarios.servers._run import run
from mockpki.scenarios.servers._scenarios import NAMES
from mockpki.scenarios.servers._watch import TimedRequest, Watch
from mockpki.staplers import (
    NAMED,
    NotListening,
    Observation,
    Outcome,
    Preset,
    ServerCommand,
    StaplePolicy,
)
from tests.kit.programs import need

HOUR = timedelta(hours=1)


# The presets.


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], Future[Outcome]]:
    """Every preset in every scenario, at once: most of the time goes by in waiting."""
    with ThreadPoolExecutor(8) as pool:
        return {
            (preset, scenario.name): pool.submit(run, scenario, policy)
            for preset, policy in NAMED.items()
            for scenario in SCENARIOS
            if preset in BEHAVIOUR[scenario.name]
        }


@pytest.mark.parametrize(
    ("preset", "scenario"),
    [(preset, name) for preset in NAMED for name in NAMES if preset in BEHAVIOUR[name]],
)
def test_presets_keep_to_the_table(
    table: dict[tuple[str, str], Future[Outcome]], preset: str, scenario: str
) -> None:
    """What is stated of a preset is what it does, handshake by handshake."""
    outcome = table[preset, scenario].result(60)
    assert outcome.words == look_up_words(preset, scenario), outcome
    assert is_like(outcome, preset)


@pytest.mark.parametrize("scenario", NAMES)
def test_the_ideal_is_possible(table: dict[tuple[str, str], Future[Outcome]], scenario: str) -> None:
    """The preset *ideal* breaks no demand, and each of its scenarios has something to keep."""
    outcome = table["ideal", scenario].result(60)
    assert outcome.broken == ()
    assert outcome.kept
    assert all(judged.kept is not None for judged in outcome.judged)


def test_every_demand_can_be_broken(table: dict[tuple[str, str], Future[Outcome]]) -> None:
    """No demand is kept by everybody, so each of them tells servers apart."""
    # To staple without looking is no design that anyone has written down.
    careless = replace(staplers.IDEAL, verify=False, check_times=False)
    outcomes = [run("bad-signature", careless), *(found.result(60) for found in table.values())]
    broken = {judged.demand for outcome in outcomes for judged in outcome.broken}
    assert broken == {demand.name for demand in DEMANDS}


class TestOutcomes:
    @pytest.mark.parametrize("preset", ["mod-md", "hitch", "haproxy", "caddy", "ideal"])
    def test_asked_at_the_start(self, table: dict[tuple[str, str], Future[Outcome]], preset: str) -> None:
        """Who asks at the start has asked once before the first client comes."""
        outcome = table[preset, "good"].result(60)
        assert (outcome.requests_before, outcome.requests) == (1, 1)

    @pytest.mark.parametrize("preset", ["nginx", "apache", "jsse", "node-ocsp", "squarespace", "nginx-file"])
    def test_not_asked_at_the_start(self, table: dict[tuple[str, str], Future[Outcome]], preset: str) -> None:
        """Who does not has not; and who never asks has never asked."""
        outcome = table[preset, "good"].result(60)
        assert (outcome.requests_before, outcome.requests) == (0, 0 if preset == "nginx-file" else 1)

    @pytest.mark.parametrize("preset", NAMED)
    def test_waiting(self, table: dict[tuple[str, str], Future[Outcome]], preset: str) -> None:
        """Handshakes wait for a slow responder where it is the handshake that asks, and nowhere else."""
        outcome = table[preset, "slow"].result(60)
        waits = NAMED[preset].trigger == "lazy_blocking"
        assert outcome.waited == waits
        assert [one.waited for one in outcome.all] == [waits, False]
        assert outcome.late_start == (NAMED[preset].trigger == "start_blocking")

    def test_how_time_passes(self, table: dict[tuple[str, str], Future[Outcome]]) -> None:
        """An outcome tells that the clock was shifted, and by how much more the staple is then expired."""
        outcome = table["caddy", "good-then-expired"].result(60)
        assert outcome.passing == "shifted"
        first, expired, later = outcome.handshakes
        assert first[0].next_update is not None
        assert expired[0].time > first[0].next_update
        assert later[0].time - expired[0].time >= timedelta(days=1)
        assert table["caddy", "good"].result(60).passing == "none"

    def test_no_start(self, table: dict[tuple[str, str], Future[Outcome]]) -> None:
        """A server that may not start tells why, and its clients find nobody."""
        outcome = table["ideal", "must-staple-down"].result(60)
        assert "does not start" in outcome.no_start
        assert [one.reason for one in outcome.all] == [f"nobody listens: {outcome.no_start}"] * 2
        assert "failed failed" in str(outcome)

    def test_a_sentence_for_people(self, table: dict[tuple[str, str], Future[Outcome]]) -> None:
        """Printed, an outcome says what was seen, and each demand that is broken, and how."""
        text = str(table["nginx", "good"].result(60))
        assert text == (
            "good, nginx: none good good\n"
            "  broken: The first client is given a good staple. "
            "But the first handshake brought none (no staple)."
        )

    def test_no_restart(self) -> None:
        """A server that cannot start again without the responder is one that nobody finds any more."""
        strict = replace(staplers.IDEAL, persist=False)
        scenario = replace(named("restart-while-down"), must_staple=True)
        outcome = run(scenario, strict)
        assert outcome.words == "good good good | failed failed"
        assert "does not start" in outcome.no_start
        assert "survives" in {judged.demand for judged in outcome.broken}


class TestPresets:
    def test_names(self) -> None:
        """A preset is called what its policy is called, and a policy of the test's own is told from them."""
        assert Preset(staplers.NGINX).name == "nginx"
        assert Preset(replace(staplers.NGINX, workers=4)).name == "a policy of your own"
        assert Preset(staplers.NGINX, name="mine").name == "mine"

    def test_no_policy(self) -> None:
        """What is no policy is an error that says what would be one."""
        with pytest.raises(TypeError, match="takes a StaplePolicy"):
            Preset("nginx")  # type: ignore[arg-type]

    def test_short_lives(self) -> None:
        """Answers may live for seconds, as they do for real servers; then some presets do something else."""
        policy = staplers.APACHE
        outcome = run("good-then-expired", Preset(policy, life=timedelta(seconds=4)))
        words = look_up_words("apache", "good-then-expired", short_lived=True)
        assert words == "good good good | expired"
        assert outcome.words.startswith(words)
        assert look_up_words("apache", "good") == look_up_words("apache", "good", short_lived=True)

    def test_a_policy_of_your_own(self) -> None:
        """A policy that is none of ours is run and judged like any other."""
        patient = replace(staplers.APACHE, on_no_answer="omit", on_error_resp="omit", ttl=None)
        outcome = run("good-then-down", patient)
        assert outcome.words == "good good good | good | good good"
        assert "keeps" in {judged.demand for judged in outcome.kept}


class TestTable:
    def test_everybody_is_in_it(self) -> None:
        """Every preset has its words in every scenario but those where what it checks is not stated."""
        silent = {
            (scenario, preset) for scenario in NAMES for preset in NAMED if preset not in BEHAVIOUR[scenario]
        }
        assert {scenario for scenario, _ in silent} == {"bad-signature", "wrong-certificate", "stale"}
        for scenario in ("bad-signature", "wrong-certificate", "stale"):
            assert {name for name, policy in NAMED.items() if not policy.verify} <= {
                preset for where, preset in silent if where == scenario
            }
            assert set(BEHAVIOUR[scenario]) >= {"nginx", "hitch", "ideal"}

    def test_its_words_are_words(self) -> None:
        """Nothing in the table is misspelt, and each line has as many words as there are handshakes."""
        for scenario, row in BEHAVIOUR.items():
            for words in row.values():
                assert set(words.replace("|", " ").split()) <= set(WORDS)
                counts = [step.count for step in named(scenario).steps if hasattr(step, "count")]
                assert [len(part.split()) for part in words.split("|")] == counts

    def test_nearest(self, table: dict[tuple[str, str], Future[Outcome]]) -> None:
        """What a preset did is most like that preset; and where it differs in one scenario, that is said."""
        for preset in ("nginx", "apache", "hitch", "node-ocsp"):
            outcomes = tuple(found.result(60) for (who, _), found in table.items() if who == preset)
            assert nearest(outcomes) == (preset, ())
        odd = tuple(table["apache" if name == "refused" else "nginx", name].result(60) for name in NAMES)
        assert nearest(odd) == ("nginx", ("refused",))
        assert nearest(()) is None

    def test_not_stated(self) -> None:
        """Where nothing is stated of a preset, nothing agrees with it or does not."""
        assert look_up_words("apache", "stale") is None
        assert is_like(outcome_of("stale", "none none"), "apache") is None
        assert is_like(outcome_of("stale", "none none"), "nginx")

    def test_outcomes_that_end_early(self) -> None:
        """What ends early is compared as far as it got; what got nowhere is like nobody."""
        begun = outcome_of("good-then-down", "none good good | good")
        assert is_like(begun, "nginx")
        assert not is_like(begun, "hitch")
        assert not is_like(outcome_of("good-then-down", ""), "nginx")


def outcome_of(scenario: str, words: str, **fields: object) -> Outcome:
    """An outcome with these words, as if they had been observed."""
    now = PKI_TIME
    steps = tuple(
        tuple(Observation(now, says, says) for says in step.split()) for step in words.split("|") if step
    )
    return replace(Outcome(scenario, "a server", steps), **fields)  # type: ignore[arg-type]


with PKI() as _pki:
    PKI_TIME = _pki.clock.now()


class TestDemands:
    @pytest.mark.parametrize(
        ("demand", "words", "kept"),
        [
            ("ready", "good none", True),
            ("ready", "none good", False),
            ("ready", "", None),
            ("keeps", "none good | good | good", True),
            ("keeps", "none good | good | none", False),
            ("keeps", "none none | none | none", None),
            ("keeps", "good", None),
            ("recovers", "none | none | good good", True),
            ("recovers", "none | none | none good", False),
            ("recovers", "none | none", None),
            ("no-errors", "none try-later", False),
            ("no-errors", "none unknown revoked", True),
            ("nothing-expired", "good | expired", False),
            ("nothing-expired", "", None),
            ("verified", "wrong-certificate", False),
            ("verified", "expired", True),
            ("no-failures", "good failed", False),
            ("no-failures", "timeout", False),
            ("must-staple", "failed good", True),
            ("must-staple", "failed none", False),
        ],
    )
    def test_words(self, demand: str, words: str, kept: bool | None) -> None:
        """A demand is kept or broken by what was observed, or could not be seen."""
        (found,) = (one for one in DEMANDS if one.name == demand)
        why = found.judge(outcome_of("good", words))
        assert (None if why is None else not why) is kept

    def test_waiting(self) -> None:
        """One handshake that waited is enough."""
        (demand,) = (one for one in DEMANDS if one.name == "no-waiting")
        patient = outcome_of("slow", "good good")
        assert demand.judge(patient) == ""
        waited = replace(patient, handshakes=((replace(patient.all[0], waited=True),),))
        assert demand.judge(waited) == "handshake 1 waited for the responder"

    def test_opening(self) -> None:
        """A port that opens late, or never, is told from one that is open."""
        (demand,) = (one for one in DEMANDS if one.name == "opens")
        assert demand.judge(outcome_of("slow", "good")) == ""
        assert "only when" in str(demand.judge(outcome_of("slow", "good", late_start=True)))
        assert demand.judge(outcome_of("slow", "", no_start="it broke")) == "it broke"


class TestScenarios:
    def test_names_and_patterns(self) -> None:
        """They are chosen by name and by pattern, in any spelling, and come in the table's order."""
        assert named("HTTP_500").name == "http-500"
        assert [one.name for one in choose_scenarios(["stale", "good-then-*"])] == [
            "good-then-down", "good-then-expired", "good-then-revoked", "stale",
        ]  # fmt: skip
        assert choose_scenarios() == SCENARIOS
        assert [one.name for one in choose_scenarios(["good*"], ["good-*"])] == ["good"]

    @pytest.mark.parametrize(
        ("only", "skip", "words"),
        [
            (["huung"], [], "did you mean hung"),
            (["zzz"], [], "there are good, revoked"),
            (["good"], ["g*"], "was skipped, too"),
        ],
    )
    def test_none(self, only: list[str], skip: list[str], words: str) -> None:
        """A name that fits none is an error, with what is near; so is a choice of nothing."""
        with pytest.raises(LookupError, match=words):
            choose_scenarios(only, skip)

    def test_they_say_what_they_are(self) -> None:
        """Each has a name of its own, a sentence, and demands."""
        assert len(set(NAMES)) == len(SCENARIOS)
        for scenario in SCENARIOS:
            assert scenario.sentence.endswith(".")
            assert scenario.demands


class TestWatch:
    def test_the_order_of_events(self, pki: PKI) -> None:
        """What was over only when an answer had come has waited for it; the rest has not."""
        watch = Watch(pki)
        watch._requests.append(TimedRequest(10.0, 12.0))
        assert watch.was_held_up(9.9, 12.1)
        assert watch.was_held_up(11.0, 12.0)
        assert not watch.was_held_up(9.9, 10.5)
        assert watch.was_held_up(9.9, 11.9)  # gave up before it came, but after more than a second
        assert not watch.was_held_up(12.1, 20.0)
        assert not watch.was_held_up(5.0, 9.0)

    def test_answers_that_come_at_once(self, pki: PKI) -> None:
        """Nobody waits for a responder that does not tarry, however long a handshake takes."""
        watch = Watch(pki)
        watch._requests.append(TimedRequest(10.0, 10.0))
        assert not watch.was_held_up(9.0, 20.0)
        assert watch.last_due == 10.0


# Placeholders.

fill_in = Placeholders(PLACEHOLDERS).fill_in


class TestPlaceholders:
    def test_braces_of_others_stay(self) -> None:
        """Only placeholders are filled in: the blocks of a configuration need no care."""
        text = 'server { listen {port}; } {"a": {"b": 1}} {unknown} ${port} {{.Go}}'
        filled = fill_in(text, {"port": "8443"})
        assert filled == 'server { listen 8443; } {"a": {"b": 1}} {unknown} $8443 {{.Go}}'

    def test_a_placeholder_as_text(self) -> None:
        """In double braces a placeholder is left, in single ones."""
        assert fill_in("{{host}} {host} {{hostess}}", {"host": "h"}) == "{host} h {{hostess}}"

    @pytest.mark.parametrize(
        ("command", "options", "words"),
        [
            ("serve {prt}", {}, re.escape("there is no placeholder {prt}; did you mean {port}?")),
            ("serve {config}", {}, "give template="),
            ("serve", {"template": "no/such/file"}, "there is no template"),
            ("", {}, "a line or a list of texts"),
            ([1], {}, "a line or a list of texts"),
        ],
    )
    def test_what_makes_no_sense(self, command: str, options: dict[str, str], words: str) -> None:
        """A command that cannot be meant is an error before anything is started."""
        with pytest.raises(ValueError, match=words):
            ServerCommand(command, **options)  # type: ignore[arg-type]

    def test_a_quoted_name_that_is_near(self) -> None:
        """Double braces are never taken for a slip."""
        assert ServerCommand("serve {{prt}} {print}").name == "serve"


# Servers that are programs.

PLAIN = """
import socket, ssl, sys
host, port, chain, key = sys.argv[1:5]
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(chain, key)
print("at your service", flush=True)
with socket.create_server((host, int(port))) as listening:
    while True:
        connection, _ = listening.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)
        except OSError:
            pass
"""
"""A TLS server that knows nothing of staples."""


def command(script: str, *arguments: str, **options: object) -> ServerCommand:
    """The script as a server."""
    words = [sys.executable, "-c", script, *arguments]
    options = {"grace": timedelta(milliseconds=20), "name": "script", **options}
    return ServerCommand(words, **options)  # type: ignore[arg-type]


ARGUMENTS = ("{host}", "{port}", "{chain_file}", "{key_file}")


class TestPrograms:
    def test_a_server_without_staples(self) -> None:
        """A program is started, met by clients, and judged."""
        outcome = run("good", command(PLAIN, *ARGUMENTS))
        assert outcome.words == "none none none"
        assert outcome.world == "script"
        assert (outcome.requests_before, outcome.requests) == (0, 0)
        assert {judged.demand for judged in outcome.broken} == {"ready"}
        assert "at your service" in outcome.printed

    def test_restart_and_time(self) -> None:
        """It is restarted in the same folder; and what needs a clock to be shifted is left out, and said."""
        count = "import os; open('starts', 'a').write('x'); print('start', os.path.getsize('starts'))\n"
        outcome = run("restart-while-down", command(count + PLAIN, *ARGUMENTS))
        assert "start 2" in outcome.printed
        assert outcome.words == "none none none | none none"
        outcome = run("idle", command(PLAIN, *ARGUMENTS))
        assert outcome.words == "none none none"
        assert outcome.left_out.startswith("the last 2 handshakes")
        assert {judged.demand: judged.kept for judged in outcome.judged}["renews"] is None

    def test_every_placeholder(self, tmp_path: Path) -> None:
        """Each placeholder that names a file leads to one, in command and template alike."""
        template = tmp_path / "server.conf"
        template.write_text("\n".join(f"{name}={{{name}}}" for name in PLACEHOLDERS), encoding="utf-8")
        check = """
import os, sys
config, given = sys.argv[5:7]
values = dict(line.split("=", 1) for line in open(config))
assert len(values) == 14 and given == values["template"].strip(), values
for name, value in values.items():
    if name.endswith("_file"):
        assert os.path.getsize(value.strip()) > 100, name
assert os.path.samefile(values["directory"].strip(), os.getcwd()) and not os.listdir()
print(os.environ["WORD"], "all there", flush=True)
"""
        world = command(
            check + PLAIN, *ARGUMENTS, "{config}", "{template}",
            template=template, environment={"WORD": "then"},
        )  # fmt: skip
        outcome = run("revoked", world)
        assert "then all there" in outcome.printed
        assert outcome.broken == ()

    @pytest.mark.parametrize(
        ("script", "words"),
        [
            ("print('no such option'); raise SystemExit(2)", "ended with 2 .*it printed:\nno such option"),
            ("", r"ended with 0 .*stay in the foreground.* and printed nothing"),
            ("import time; time.sleep(60)", "did not listen on port [0-9]+ within 0.3 s and printed nothing"),
        ],
    )
    def test_a_server_that_does_not_listen(self, script: str, words: str) -> None:
        """Where the responder is fine and nobody listens, there is nothing to judge, but a sentence."""
        patience = timedelta(seconds=0.3 if "sleep" in script else 10)
        with pytest.raises(NotListening, match=words):
            run("good", command(script, start_timeout=patience))

    def test_no_such_program(self) -> None:
        """A program that is not there is told by name."""
        with pytest.raises(NotListening, match="no-such-program could not be started"):
            run("good", ServerCommand("no-such-program {port}"))

    def test_a_server_that_needs_its_responder(self) -> None:
        """One that does not start while the responder is down has failed in that scenario."""
        asks = "import sys, urllib.request; urllib.request.urlopen(sys.argv[5], b'', 5)\n"
        world = command(asks + PLAIN, *ARGUMENTS, "{ocsp_url}")
        assert run("good", world).words == "none none none"
        outcome = run("refused", world)
        assert outcome.words == "failed failed"
        assert "ended with 1 before it listened" in outcome.no_start
        assert {judged.demand for judged in outcome.broken} == {"opens", "no-failures"}

    def test_a_port_that_opens_late(self) -> None:
        """One that listens only when it has its answer starts late, and that is told by what came first."""
        asks = "import sys, urllib.request; urllib.request.urlopen(sys.argv[5], b'', 5)\n"
        world = command(asks + PLAIN, *ARGUMENTS, "{ocsp_url}", delay=timedelta(seconds=0.5))
        outcome = run("slow", world)
        assert outcome.late_start
        assert outcome.requests == 1
        assert {judged.demand for judged in outcome.broken} == {"opens"}

    def test_a_server_that_goes_into_the_background(self, tmp_path: Path) -> None:
        """What gets away, and so cannot be ended, is told when it is missed."""
        note = tmp_path / "pid"
        away = f"""
import os, time
if os.fork():
    time.sleep(600)
os.setsid()
open({str(note)!r}, "w").write(str(os.getpid()))
"""
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(_command, "_GONE", 0.2)
                with pytest.raises(ChildProcessError, match="ended, and something of it still listens"):
                    run("revoked", command(away + PLAIN, *ARGUMENTS))
        finally:
            os.kill(int(note.read_text()), signal.SIGKILL)

    def test_a_port_that_is_taken(self) -> None:
        """A server is given a port that nobody has, be it by the system or by another scenario."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken, free = other.getsockname()[1], _PORTS
            with pytest.MonkeyPatch.context() as patch, free_port() as first:
                drawn = iter([taken, first, free[0] if first != free[0] else free[1]])
                patch.setattr("random.choice", lambda _: next(drawn))
                patch.setattr(ports, "_can_bind", lambda port: port != taken)
                with free_port() as port:
                    assert port not in (taken, first)
            assert not _can_bind(taken)

    def test_nothing_is_left(self, tmp_path: Path) -> None:
        """When the scenario is over the program is gone, with its children, even if it would not listen."""
        note = tmp_path / "pids"
        stubborn = f"""
import os, pathlib, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path({str(note)!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
"""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_command, "_GOODBYE", 0.2)
            run("revoked", command(stubborn + PLAIN, *ARGUMENTS))
        for pid in map(int, note.read_text().split()):
            assert not alive(pid)


def alive(pid: int) -> bool:
    """Whether a process is there, and not only as a name that its parent has not yet read out."""
    for _ in range(200):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"):
                time.sleep(0.01)
                continue
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return True


NGINX = """
daemon off; master_process off; worker_processes 1;
pid {directory}/nginx.pid; error_log stderr warn;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  server {
    listen {host}:{port} ssl; server_name {server_name};
    ssl_certificate {chain_file}; ssl_certificate_key {key_file};
    ssl_session_cache off; ssl_session_tickets off;
    ssl_stapling on; ssl_stapling_verify on; ssl_trusted_certificate {ca_file};
    return 200 "ok";
  }
}
"""


@pytest.fixture
def nginx(tmp_path: Path) -> ServerCommand:
    """The nginx of this machine."""
    template = tmp_path / "nginx.conf"
    template.write_text(NGINX, encoding="utf-8")
    # It asks nobody before a client comes.
    return ServerCommand(
        [need("nginx"), "-e", "stderr", "-c", "{config}"], template, grace=timedelta(milliseconds=50)
    )


@pytest.mark.parametrize(
    "scenario", ["good", "slow", "restart-while-down", "good-then-expired", "must-staple-down"]
)
def test_a_real_server_does_what_its_preset_does(nginx: ServerCommand, scenario: str) -> None:
    """nginx itself and the preset of that name do the same, as far as a real clock goes."""
    outcome = run(scenario, nginx)
    assert is_like(outcome, "nginx"), outcome
    assert outcome.world == "nginx"
    assert outcome.passing == ("waited" if scenario == "good-then-expired" else "none")
    assert not outcome.waited


# Timelines.


class TestTimelines:
    @pytest.mark.parametrize("name", NAMED)
    def test_after_the_outage(self, name: str) -> None:
        """No staple is good a day into an outage; at the end of it whoever fetches has a good one again."""
        policy = NAMED[name]
        line = staplers.timeline(policy, every=2 * HOUR)
        assert (line.seen[-1].says == "good") == (policy.trigger != "file")
        # The last answer before it is of hour 6 at the latest, and lives for a day.
        assert "good" not in {one.says for place, one in enumerate(line.seen) if 30 < 2 * place < 54}

    def test_an_outage(self) -> None:
        """A staple is kept for as long as it lives; then it is gone until the responder is back."""
        line = staplers.timeline(staplers.HITCH, life=6 * HOUR, up=2 * HOUR, down=10 * HOUR, after=3 * HOUR)
        assert line.line == "GGGGGG" + "." * 6 + "GGG"
        assert [run.says for run in line.runs] == ["good", "none", "good"]
        assert line.runs[1].begin == 6 * HOUR
        assert line.length == line.runs[-1].end == 15 * HOUR
        assert line.share("good") == 9 / 15
        assert (line.down_at, line.up_at) == (2 * HOUR, 12 * HOUR)

    def test_another_outage(self) -> None:
        """Any faults make an outage, also from the start; and steps may be of any length."""
        line = staplers.timeline(
            staplers.APACHE, life=6 * HOUR, up=timedelta(), down=HOUR, after=HOUR,
            every=timedelta(minutes=30), outage=[faults.TryLater()],
        )  # fmt: skip
        assert line.line == "LLGG"
        assert line.seen[0].says == "try-later"

    def test_must_staple(self) -> None:
        """A certificate may ask for a staple: then a strict server shows it with one, or to nobody."""
        line = staplers.timeline(
            staplers.ENVOY_LENIENT, life=2 * HOUR, up=HOUR, down=3 * HOUR, after=HOUR, must_staple=True
        )
        assert line.line == "GGXXX"
        with pytest.raises(NotListening, match="does not start"):
            staplers.timeline(staplers.IDEAL, up=timedelta(), must_staple=True)

    def test_what_makes_no_sense(self) -> None:
        """A real clock cannot be shifted, and no step is shorter than nothing."""
        with pytest.raises(ValueError, match="cannot be shifted"):
            staplers.timeline(ServerCommand("serve"))
        with pytest.raises(ValueError, match="longer than nothing"):
            staplers.timeline(staplers.NGINX, every=timedelta())

    def test_kinds(self) -> None:
        """Every word is of a kind, and every kind has a character of its own, a sentence and a colour."""
        assert {kind(word) for word in WORDS} == set(KINDS) == set(CHARACTERS)
        assert len(set(CHARACTERS.values())) == len(CHARACTERS)
        assert kind("a reason nobody has heard of") == "other"
        for name in KINDS:
            assert f".{name} " in STYLE
            assert f'class="key {name}"' in legend()

    def test_the_picture(self) -> None:
        """The SVG has a bar for each run, a letter where there is room, the outage, and words to be heard."""
        line = staplers.timeline(
            staplers.NGINX, life=20 * HOUR, up=6 * HOUR, down=60 * HOUR, after=6 * HOUR, every=2 * HOUR
        )
        picture = staplers.timeline_svg(line)
        assert picture.count('class="run ') == len(line.runs)
        assert picture.count('class="letter"') == len(line.runs) - 1  # but for the first two hours
        assert 'class="outage"' in picture
        assert "<title>nginx: none from 0 h to 2 h, good from 2 h to" in picture
        assert ">72 h</text>" in picture
        assert "&lt;" in staplers.timeline_svg(line, "<title>")
        always = staplers.timeline(staplers.NGINX, up=2 * HOUR, down=timedelta(), after=timedelta())
        assert "outage" not in staplers.timeline_svg(always)


def test_policies_are_policies() -> None:
    """The names that tests write exist where they say."""
    assert isinstance(staplers.NGINX, StaplePolicy)
    assert staplers.SCENARIOS is SCENARIOS
    assert staplers.run is run
