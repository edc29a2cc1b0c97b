"""The image's recipe says what the code does. It is not built here: that takes Docker."""

import json
import re
from pathlib import Path

import pytest

import mockpki
from tests.kit.serve_process import read_settings

TREE = Path(mockpki.__file__).parent.parent
FILE = TREE / ".docker" / "Dockerfile"

if not FILE.exists():
    pytest.skip("this is not a checkout", allow_module_level=True)

LINES = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def lines(instruction: str) -> list[str]:
    """What stands behind each *instruction*."""
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{instruction} ")]


def command() -> list[str]:
    """The options that a container starts with."""
    (words,) = lines("CMD")
    options: list[str] = json.loads(words)
    return options


def test_what_is_copied_is_there() -> None:
    """Also past what the context leaves out, and with all that the package is made of."""
    copied = [word for line in lines("COPY") if "--from" not in line for word in line.split()[:-1]]
    assert copied == ["pyproject.toml", "README.md", "LICENSE", "mockpki"]
    assert all((TREE / name).exists() for name in copied)
    ignored = FILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert sorted(line[1:] for line in ignored if line.startswith("!")) == sorted(copied)
    project = (TREE / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r'^(?:readme|license-files) = \[?"([^"]+)"', project, re.MULTILINE)
    assert set(named) <= set(copied)


def test_the_command_is_one() -> None:
    """Its options are, and are those of a server for other machines without a token."""
    assert json.loads(lines("ENTRYPOINT")[0]) == ["mockpki", "serve"]
    settings = read_settings(*command())
    assert settings.allow_remote
    assert settings.choose_token({}) is None
    assert settings.bind_host == "0.0.0.0"


def test_ports_are_exposed() -> None:
    """Those, and no others; and its health is asked for at the first."""
    settings = read_settings(*command())
    assert settings.tls_ports is not None
    first, *_, last = settings.tls_ports
    assert lines("EXPOSE") == [f"{settings.port} {settings.services_port} {first}-{last}"]
    (check,) = (line.partition("CMD ")[2] for line in lines("HEALTHCHECK"))
    assert json.loads(check) == ["mockpki", "serve", "--check", f"http://127.0.0.1:{settings.port}/"]


def test_it_is_nobody_in_particular_who_runs_it() -> None:
    """By a number, which tells that it is not root; its Python is one that the package takes."""
    (user,) = lines("USER")
    assert int(user) > 999
    assert f"--uid {user} " in lines("RUN")[-1]
    versions = {match[1] for line in lines("FROM") if (match := re.match(r"python:3\.(\d+)-slim", line))}
    assert len(versions) == 1
    assert 11 <= int(versions.pop()) <= 14
