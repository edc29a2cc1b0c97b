"""A server that is a program: what its command may be, and how it is started and ended."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mockpki.scenarios.servers import PLACEHOLDERS, _command, is_like
from mockpki.scenarios.servers._run import run
from mockpki.staplers import NotListening, ServerCommand
from tests.kit.programs import need
from tests.kit.server_scripts import ARGUMENTS, DIES, PLAIN, alive, command


class TestCommands:
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
    def test_what_makes_no_sense(self, command: Any, options: dict[str, Any], words: str) -> None:
        """A command that cannot be meant is an error before anything is started."""
        with pytest.raises(ValueError if isinstance(command, str) else TypeError, match=words):
            ServerCommand(command, **options)

    def test_a_quoted_name_that_is_near(self) -> None:
        """Double braces are never taken for a slip."""
        assert ServerCommand("serve {{prt}} {print}").name == "serve"

    def test_a_template_that_nobody_is_given(self, tmp_path: Path) -> None:
        """A template has to go somewhere, and to be text."""
        template = tmp_path / "server.conf"
        template.write_bytes(b"\xff")
        with pytest.raises(ValueError, match="cannot be read"):
            ServerCommand("serve {config}", template)
        template.write_bytes(b"listen {port}")
        with pytest.raises(ValueError, match=r"the command does not say where the template .* goes"):
            ServerCommand("serve", template)
        assert ServerCommand("serve --config {config}", template).text == "listen {port}"

    def test_nothing_starts_after_the_end(self) -> None:
        """Once the servers of a command were ended, no scenario starts one."""
        world = command(PLAIN, *ARGUMENTS)
        world.end()
        with pytest.raises(InterruptedError, match="the servers of this command were ended"):
            run("good", world)

    def test_mistakes_are_told_where_it_does_not_listen(self, tmp_path: Path) -> None:
        """Whoever does not listen may have been given a slip, or no port at all."""
        template = tmp_path / "server.conf"
        template.write_text("listen {prot};", encoding="utf-8")
        with pytest.raises(NotListening) as caught:
            run("good", command("raise SystemExit(1)", "{config}", template=template))
        assert str(caught.value).splitlines()[1:] == [
            "In the template, there is no placeholder {prot}; did you mean {port}?",
            "Nothing tells it where to listen: {port} is neither in the command nor in a template.",
        ]


class TestPrograms:
    def test_a_server_without_staples(self) -> None:
        """A program is started, met by clients, and judged."""
        outcome = run("good", command(PLAIN, *ARGUMENTS))
        assert outcome.words == "none none none"
        assert outcome.world == "script"
        assert (outcome.requests_before, outcome.requests) == (0, 0)
        assert {judged.demand for judged in outcome.broken} == {"ready"}
        assert "at your service" in outcome.printed
        assert outcome.died == ""

    def test_a_server_that_dies(self) -> None:
        """It is no handshake that failed, and that is told with its exit status and the last it printed."""
        outcome = run("good", command(DIES, *ARGUMENTS))
        assert outcome.words == "failed failed failed"
        gone = "the server is gone: script ended with 3 after it had listened; at last it printed: fatal: I c"
        assert all(one.reason.startswith(gone) for one in outcome.all)
        assert outcome.died.splitlines()[1:] == ["at your service", "fatal: I cannot"]

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
assert len(values) == 16 and given == values["template"].strip(), values
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

    @pytest.mark.parametrize("wiped", [False, True])
    def test_a_server_that_goes_into_the_background(self, tmp_path: Path, wiped: bool) -> None:
        """What gets away is found by its environment, or its folder, told with its pid, and killed."""
        note = tmp_path / "pid"
        exec_again = 'os.execve(sys.executable, [*sys.orig_argv, "again"], {})' if wiped else ""
        away = f"""
import os, sys, time
if sys.argv[-1] != "again":
    if os.fork():
        time.sleep(600)
    os.setsid()
    open({str(note)!r}, "w").write(str(os.getpid()))
    {exec_again}
"""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_command, "_GONE", 0.2)
            with pytest.raises(ChildProcessError, match="ended, and something of it still listens") as caught:
                run("revoked", command(away + PLAIN, *ARGUMENTS))
        pid = int(note.read_text())
        assert f"pid {pid} (" in str(caught.value)
        assert "was found there and killed" in str(caught.value)
        assert not alive(pid)

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
