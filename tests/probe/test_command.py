"""The command of a client: where it is sent, and mistakes in it."""

import os
from pathlib import Path

import pytest

from mockpki._probe import Command
from mockpki.scenarios import TARGET_NAMES, Target

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no shell")


class TestCommand:
    """The command of a client."""

    TARGET = Target(**{name: f"<{name}>" for name in TARGET_NAMES} | {"port": 4433})  # type: ignore[arg-type]

    def test_every_name_is_a_placeholder(self) -> None:
        """What a target has can be written in braces, also in the midst of an argument."""
        words = Command(tuple(f"-{name}={{{name}}}!" for name in TARGET_NAMES)).to(self.TARGET)
        values = {**vars(self.TARGET)}
        assert words == tuple(f"-{name}={values[name]}!" for name in TARGET_NAMES)
        assert Command(("x", "{host}:{port}")).to(self.TARGET) == ("x", "<host>:4433")

    @pytest.mark.parametrize(
        ("word", "meant"),
        [
            ("{{url}}", "{url}"),
            ("%{{http_code}}", "%{http_code}"),
            ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
            ("{}", "{}"),
            ("{1}", "{1}"),
            ("{{}}", "{{}}"),
        ],
    )
    def test_other_braces(self, word: str, meant: str) -> None:
        """Doubled braces are a command's own, and so are those that hold no word."""
        assert Command(("x", "{url}", word)).to(self.TARGET) == ("x", "<url>", meant)

    def test_filters(self) -> None:
        """It knows filters if it is told where they are."""
        assert Command(("x", "{url}", "--filters={crlite_url}")).knows_filters
        assert not Command(("x", "{url}", "{{crlite_url}}", "crlite_url")).knows_filters

    def test_as_text(self) -> None:
        """A command is shown as it can be typed, with no more quotes than it needs."""
        assert str(Command(("my client", "{url}", "--ca={ca_file}", "a b", "$x"))) == (
            "'my client' {url} --ca={ca_file} 'a b' '$x'"
        )

    @pytest.mark.parametrize(
        ("words", "kind", "sentence"),
        [
            (["x", "{ulr}"], LookupError, "There is no placeholder {ulr}; did you mean {url}?"),
            (["x", "{url}", "{xyzzy}"], LookupError, "{xyzzy}; there are {host}, {port}, {url}, "),
            (["x", "{cafile}"], LookupError, "did you mean {ca_file}"),
            (["x", "{http_code}"], LookupError, "are doubled: {{http_code}}."),
            (["x"], ValueError, "Nothing in the command x tells the client where to go: write {url}"),
            (["x", "{ca_file}", "{{url}}"], ValueError, "Nothing in the command x {ca_file} {{url}} tells"),
        ],
    )
    def test_mistakes(self, words: list[str], kind: type[Exception], sentence: str) -> None:
        """A placeholder that does not exist, and a command that leads nowhere, are errors."""
        with pytest.raises(kind) as caught:
            Command(tuple(words))
        assert sentence in str(caught.value)

    def test_programs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A program is looked for on the PATH, or where it is said to be, and has to be executable."""
        program, text = tmp_path / "my-client", tmp_path / "notes"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        text.write_text("")
        monkeypatch.setenv("PATH", os.pathsep.join((str(tmp_path), str(tmp_path / "no folder"))))
        Command(("my-client", "{url}")).find()
        Command((str(program), "{url}")).find()
        for name, sentence in {
            "my-clinet": r"no program my-clinet on the PATH; did you mean my-client\?",
            "xyzzy": r"no program xyzzy on the PATH\.",
            str(tmp_path / "nothing"): r"no program \S+/nothing there\.",
            str(text): r"\S+/notes is not an executable file\.",
        }.items():
            with pytest.raises(ChildProcessError, match=f"The client cannot be started: .*{sentence}"):
                Command((name, "{url}")).find()
