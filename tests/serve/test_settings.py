"""What a server is to be: what it can be, what not, and what not together."""

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mockpki._engine.ports import Exposed, addresses
from mockpki._serve.settings import TOKEN, Settings
from tests.kit.serve_process import read_settings

REMOTE: dict[str, Any] = {"host": "0.0.0.0", "allow_remote": True}


@pytest.mark.parametrize(
    "given",
    [
        {},
        REMOTE,
        {"host": "localhost"},
        {"host": "::1"},
        {"host": "127.3.2.1"},
        {"host": "::", "allow_remote": True},
        {"host": "192.0.2.7", "allow_remote": True, "no_token": True},
        {"port": 8480, "services_port": 8481, "tls_ports": range(8500, 8532)},
        {"services_port": 0, "port": 0},
        {"tls_ports": range(8443, 8444)},
        {"advertise_host": "mockpki", "allow_host": ["a.example", "::1", "192.0.2.7"]},
        {"no_token": True},
        {"open": True},
    ],
    ids=str,
)
def test_what_can_be_had(given: dict[str, Any]) -> None:
    """All of it is kept."""
    settings = Settings(**given)
    assert {name: getattr(settings, name) for name in given} == given


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"host": "0.0.0.0"}, r"^--host: 0.0.0.0 can be reached from other machines; add --allow-remote if"),
        ({"host": "192.0.2.7"}, "add --allow-remote"),
        ({"host": "mockpki"}, "'mockpki' is neither an address nor 'localhost'; .* --advertise-host"),
        ({"host": ""}, "'' is neither"),
        ({"allow_remote": True}, "^--allow-remote: no other machine reaches 127.0.0.1; add --host=0.0.0.0"),
        ({"allow_remote": True, "host": "localhost"}, "no other machine reaches localhost"),
        ({"port": 8480, "services_port": 8480}, "^--services-port: 8480 is the control port already"),
        ({"port": 8480, "tls_ports": range(8480, 8490)}, "^--tls-ports: 8480 is one of them, and .* --port;"),
        (
            {"services_port": 8489, "tls_ports": range(8480, 8490)},
            "8489 is one of them, and that of --services",
        ),
        ({"advertise_host": "http://a:1"}, "^--advertise-host: 'http://a:1' is no name of a host"),
        ({"advertise_host": ""}, "--advertise-host: ''"),
        ({"allow_host": ["ok", "not ok"]}, "^--allow-host: 'not ok' is no name"),
        ({"allow_host": ["a:80"]}, "'a:80' is no name"),
        ({"token_file": Path("t"), "no_token": True}, "^--token-file names a token, and --no-token says"),
        ({"open": True, "no_console": True}, "^--open opens the console in a browser, and --no-console"),
    ],
    ids=str,
)
def test_what_cannot_be_had(given: dict[str, Any], why: str) -> None:
    """It is refused with a sentence, and nothing of it dropped."""
    with pytest.raises(ValueError, match=why):
        Settings(**given)


def test_only_an_exposed_host_is_beyond_loopback() -> None:
    """By its type, and whatever was asked before for the same address."""
    assert addresses(Settings(**REMOTE).bind_host) == ("0.0.0.0",)
    with pytest.raises(ValueError, match=r"'0\.0\.0\.0' is not a loopback address"):
        addresses("0.0.0.0")
    assert addresses(Exposed("0.0.0.0")) == ("0.0.0.0",)
    assert type(Settings().bind_host) is str


def test_tokens(tmp_path: Path) -> None:
    """From a file, from the environment, made up where others may call, or none; of two, which is refused."""
    file = tmp_path / "token"
    file.write_text("from.a-file~1\n")
    assert Settings().choose_token({}) is None
    assert Settings().choose_token({TOKEN: ""}) is None
    assert Settings().choose_token({TOKEN: "abc="}) == "abc="
    assert Settings(token_file=file).choose_token({}) == "from.a-file~1"
    assert Settings(**REMOTE, token_file=file).choose_token({}) == "from.a-file~1"
    assert Settings(**REMOTE, no_token=True).choose_token({}) is None
    made = [Settings(**REMOTE).choose_token({}) for _ in range(2)]
    assert made[0] != made[1]
    assert all(one is not None and len(one) == 32 for one in made)
    for settings in (Settings(token_file=file), Settings(no_token=True)):
        with pytest.raises(ValueError, match=f"the environment variable {TOKEN} has a token; give one"):
            settings.choose_token({TOKEN: "abc"})
    with pytest.raises(ValueError, match=r"^--token-file: .*nowhere cannot be read: .*No such file"):
        Settings(token_file=tmp_path / "nowhere").choose_token({})
    for unfit in ("", "two words", "grüße", "a=b"):
        file.write_text(unfit)
        with pytest.raises(
            ValueError, match=r"^--token-file: a token has letters, digits and \._~\+/-"
        ) as raised:
            Settings(token_file=file).choose_token({})
        assert not unfit or unfit not in str(raised.value)


def test_each_field_is_an_option() -> None:
    """By the same name and with the same default."""
    assert read_settings() == Settings()


IN_THE_ENVIRONMENT: dict[str, tuple[str, Any]] = {
    "port": ("8480", 8480),
    "host": ("::1", "::1"),
    "services_port": ("8481", 8481),
    "tls_ports": ("8500-8531", range(8500, 8532)),
    "advertise_host": ("mockpki", "mockpki"),
    "allow_host": ("one two", ("one", "two")),
    "allow_forward": ("a:1 [::1]:2", (("a", 1), ("::1", 2))),
    "token_file": ("secret", Path("secret")),
    "exit_with_stdin": ("1", True),
    "idle_timeout": ("10min", timedelta(minutes=10)),
    "ready_file": ("ready.json", Path("ready.json")),
    "max_pkis": ("7", 7),
    "pki_ttl": ("1h", timedelta(hours=1)),
    "journal": ("8", 8),
    "strict": ("true", True),
    "open": ("yes", True),
    "format": ("text", "text"),
}
EXCLUSIVE: dict[str, tuple[str, Any]] = {
    "allow_remote": ("1", True),
    "no_token": ("1", True),
    "no_console": ("1", True),
}
"""Those that cannot be had beside some of the others."""


def test_each_option_is_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment: `MOCKPKI_SERVE_` and the option's name; what is typed goes before."""
    assert {*IN_THE_ENVIRONMENT, *EXCLUSIVE} == {field.name for field in dataclasses.fields(Settings)}
    for name, (text, _) in IN_THE_ENVIRONMENT.items():
        monkeypatch.setenv(f"MOCKPKI_SERVE_{name.upper()}", text)
    assert read_settings() == Settings(**{name: value for name, (_, value) in IN_THE_ENVIRONMENT.items()})
    assert read_settings("--port", "9").port == 9
    for name in IN_THE_ENVIRONMENT:
        monkeypatch.delenv(f"MOCKPKI_SERVE_{name.upper()}")
    for name, (text, _) in EXCLUSIVE.items():
        monkeypatch.setenv(f"MOCKPKI_SERVE_{name.upper()}", text)
    monkeypatch.setenv("MOCKPKI_SERVE_HOST", "192.0.2.7")
    expected: dict[str, Any] = {name: value for name, (_, value) in EXCLUSIVE.items()}
    assert read_settings() == Settings(host="192.0.2.7", **expected)
