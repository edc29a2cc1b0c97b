"""Where reports of commands go."""

import contextlib
import json
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from mockpki._reports import FORMATS
from mockpki.cli import main
from mockpki.cli._output import end_on_signals, work_apart
from tests.kit.pages import Reader
from tests.kit.programs import need
from tests.kit.server_scripts import ARGUMENTS, PLAIN
from tests.servers.commands import SERVERS


class TestOutput:
    """Where reports go."""

    @staticmethod
    def probe(*arguments: str) -> Result:
        command = ["--", need("curl"), "-q", "-sS", "-o", os.devnull, "--cacert", "{ca_file}", "{url}"]
        arguments = ("probe", "--only", "crl-good", "--only", "crl-revoked", *arguments, *command)
        return CliRunner().invoke(main, arguments)

    def test_to_stdout(self) -> None:
        """Without --output the report is all that is printed."""
        found = json.loads(self.probe("--format", "json").stdout)
        assert [one["verdict"] for one in found["scenarios"]] == ["accept", "accept"]
        assert ET.fromstring(self.probe("--format", "junit").stdout.encode())[0].get("tests") == "2"
        assert Reader(self.probe("--format", "html").stdout).all("details")

    @pytest.mark.parametrize("form", FORMATS)
    def test_to_a_file(self, tmp_path: Path, form: str) -> None:
        """--output writes the report to a file, and prints it as text; the exit status is the same."""
        file = tmp_path / "report"
        result = self.probe("--policy", "hard-fail", "--format", form, "--output", str(file))
        assert result.exit_code == 1
        assert "1 of 2 scenarios ended as hard-fail demands." in result.stdout
        beginnings = {"text": "  scenario ", "json": "{", "junit": "<?xml", "html": "<!DOCTYPE html>"}
        assert file.read_text(encoding="utf-8").startswith(beginnings[form])

    def test_no_place(self, tmp_path: Path) -> None:
        """A folder that is not there is found out before the client is run."""
        result = self.probe("--output", str(tmp_path / "none" / "report"))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "there is no folder" in result.stderr

    def test_not_writable(self, tmp_path: Path) -> None:
        """A file that cannot be written is a mistake, too."""
        if not hasattr(os, "mkfifo"):
            pytest.skip("this system has no such files")
        name = "x" * 300
        result = self.probe("--output", str(tmp_path / name))
        assert result.exit_code == 2
        assert "cannot be written: File name too long" in result.stderr


def test_formats_are_those_of_the_option() -> None:
    """Every format that can be asked for can be written."""
    (option,) = (one for one in main.commands["probe"].params if one.name == "form")
    assert list(option.type.choices) == list(FORMATS)  # type: ignore[attr-defined]


class TestSignals:
    """Who ends a run ends what it has started."""

    @pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
    def test_ends(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        """A signal ends the run in order, with the status that shells give, and handlers are as before."""
        number = getattr(signal, name, None)
        if number is None:
            pytest.skip("this system has no such signal")
        before = signal.getsignal(number)
        cleaned: list[str] = []

        def run() -> None:
            with end_on_signals(), contextlib.ExitStack() as started:
                started.callback(cleaned.append, name)
                signal.raise_signal(number)

        with pytest.raises(SystemExit) as caught:
            run()
        assert caught.value.code == 128 + number
        assert cleaned == [name]
        assert signal.getsignal(number) == before
        assert capsys.readouterr().err == "Interrupted: nothing was judged.\n"

    def test_on_another_thread(self) -> None:
        """Where signals cannot be caught, nothing is."""
        before = signal.getsignal(signal.SIGTERM)

        def look() -> object:
            with end_on_signals():
                return signal.getsignal(signal.SIGTERM)

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(look).result() == before


class TestWorkApart:
    """What is done while the main thread waits for signals."""

    def test_its_end(self) -> None:
        """What the work returns, or raises, is what comes of it; then nothing is stopped."""
        stopped: list[str] = []
        assert (
            work_apart(lambda: threading.current_thread().name, lambda: stopped.append("")) == "mockpki work"
        )
        with pytest.raises(LookupError, match="nowhere"):
            work_apart(lambda: dict[str, str]()["nowhere"], lambda: stopped.append(""))
        assert stopped == []

    def test_interrupted(self) -> None:
        """Work that is stopped ends in its own time, and only then do we."""
        begun, stop = threading.Event(), threading.Event()
        past: list[str] = []

        def work() -> None:
            begun.set()
            assert stop.wait(60)
            past.append("in order")

        def interrupt() -> None:
            begun.wait(60)
            os.kill(os.getpid(), signal.SIGTERM)

        with ThreadPoolExecutor(1) as pool:
            pool.submit(interrupt)
            with pytest.raises(SystemExit) as caught, end_on_signals():
                work_apart(work, stop.set)
        assert caught.value.code == 128 + signal.SIGTERM
        assert past == ["in order"]


def test_skips_are_test_cases() -> None:
    """What --skip leaves out is skipped in JUnit, beside what was run, for clients and servers alike."""
    client = ["--skip", "crl-revoked", "--", need("curl"), "-sS", "--cacert", "{ca_file}", "{url}"]
    patterns = ("--only", "crl-good", "--only", "crl-revoked", "--format", "junit")
    suite = ET.fromstring(CliRunner().invoke(main, ["probe", *patterns, *client]).stdout.encode())[0]
    assert (suite.get("tests"), suite.get("skipped")) == ("2", "1")
    (skipped,) = (case for case in suite.iter("testcase") if case.find("skipped") is not None)
    assert (skipped.get("classname"), skipped.get("name")) == ("mockpki.probe.crl", "crl-revoked")
    server = [sys.executable, "-c", PLAIN, *ARGUMENTS]
    chosen = ["--only", "refused", "--only", "good", "--skip", "good", "--format", "junit"]
    result = CliRunner().invoke(main, ["probe-server", *chosen, "--", *server])
    suite = ET.fromstring(result.stdout.encode())
    cases = {case.get("classname"): case.find("skipped") for case in suite.iter("testcase")}
    assert cases.keys() == {"stapling.refused", "stapling.good"}
    assert cases["stapling.good"] is not None
    assert cases["stapling.good"].get("message") == "left out by --skip"


class TestBaseline:
    """For CI: known exceptions pass, new ones fail, and mended ones are told."""

    def probe(self, *arguments: str) -> Result:
        command = ["--", need("curl"), "-q", "-sS", "-o", os.devnull, "--cacert", "{ca_file}", "{url}"]
        chosen = ("--only", "crl-good", "--only", "crl-revoked")
        return CliRunner().invoke(main, ["probe", *chosen, *arguments, *command])

    def test_from_a_report(self, tmp_path: Path) -> None:
        """A report is a baseline: with it the same client passes, and without what it knows it fails."""
        file = tmp_path / "known.json"
        first = self.probe("--policy", "hard-fail", "--output", str(file))
        assert first.exit_code == 1
        again = self.probe("--policy", "hard-fail", "--baseline", str(file))
        assert again.exit_code == 0, again.output
        assert "No new exception." in again.output
        file.write_text('{"exceptions": ["crl-good"]}')
        new = self.probe("--policy", "hard-fail", "--baseline", str(file), "--format", "junit")
        assert new.exit_code == 1
        suite = ET.fromstring(new.stdout.encode())[0]
        assert (suite.get("failures"), suite.get("skipped")) == ("1", "0")
        told = " ".join(self.probe("--policy", "hard-fail", "--baseline", str(file)).output.split())
        assert "1 new exception: crl-revoked." in told
        assert "Mended: crl-good; take it out of" in told

    def test_mistakes(self, tmp_path: Path) -> None:
        """It needs a policy, and the one that it is about."""
        file = tmp_path / "known.json"
        file.write_text('{"policy": {"name": "soft-fail", "exceptions": []}}')
        for arguments, sentence in (
            (("--baseline", str(file)), "--baseline goes with --policy"),
            (
                ("--policy", "hard-fail", "--baseline", str(file)),
                "is about soft-fail, and not",
            ),
        ):
            result = self.probe(*arguments)
            assert (result.exit_code, result.stdout) == (2, "")
            assert sentence in " ".join(result.stderr.split())

    def test_of_a_server(self, tmp_path: Path) -> None:
        """What a server is known to break is a scenario and a demand."""
        file = tmp_path / "known.json"
        server = ["--", sys.executable, "-c", PLAIN, *ARGUMENTS]
        chosen = ["probe-server", "--only", "good"]
        assert CliRunner().invoke(main, [*chosen, "--output", str(file), *server]).exit_code == 1
        known = CliRunner().invoke(main, [*chosen, "--baseline", str(file), *server])
        assert known.exit_code == 4, "what never staples and never asks is not excused"
        nginx = SERVERS["nginx"]()
        known = CliRunner().invoke(
            main, [*chosen, "--baseline", str(file), "--template", str(nginx.template), "--", *nginx.command]
        )
        assert known.exit_code == 0, known.output
        file.write_text('{"exceptions": ["good: no-errors"]}')
        new = CliRunner().invoke(main, [*chosen, "--baseline", str(file), *server])
        assert new.exit_code == 1
        assert "1 new exception: good: ready." in new.output
        file.write_text('{"exceptions": ["good: redy"]}')
        slip = CliRunner().invoke(main, [*chosen, "--baseline", str(file), *server])
        assert slip.exit_code == 2
        assert "did you mean good: ready" in " ".join(slip.stderr.split())
