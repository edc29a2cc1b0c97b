"""`mockpki probe`: what is said before anything is run; tests/probe has what it does."""

import pytest
from click.testing import CliRunner

from mockpki.cli import main


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument"),
        (["--", "x", "{ulr}"], "There is no placeholder {ulr}; did you mean {url}?"),
        (["--", "x"], "Nothing in the command x tells the client where to go"),
        (
            ["--policy", "hardfail", "--", "x", "{url}"],
            "there is no policy 'hardfail'; did you mean hard-fail",
        ),
        (["--policy", "hard-fail,sources=OSCP", "--", "x", "{url}"], "'OSCP' is no source of a policy"),
        (["--only", "oscp-stale", "--", "x", "{url}"], "no scenario 'oscp-stale'; did you mean ocsp-stale"),
        (["--skip", "oscp-*", "--", "x", "{url}"], "there is no scenario 'oscp-*'"),
        (["--only", "crl-good", "--skip", "crl-*", "--", "x", "{url}"], "--skip leaves out every scenario"),
        (["--jobs", "0", "--", "x", "{url}"], "0 is not in the range 1<=x<=1000"),
        (["--timeout", "0", "--", "x", "{url}"], "0.0 is not in the range 0<x<=1000000"),
        (["--accept-when", "(", "--", "x", "{url}"], "'(' is no regular expression"),
        (["--key-type", "P-257", "--", "x", "{url}"], "'P-257' is no key type; there are P-256"),
        (["--format", "xml", "--", "x", "{url}"], "'xml' is not one of"),
        (["--forward-to", "6379", "--", "x", "{url}"], "'6379' is no host and port, such as 127.0.0.1:6379"),
        (["--forward-to", "[::1]:0", "--", "x", "{url}"], "'[::1]:0' is no host and port"),
        (["--forward-to", "nobody.invalid:1", "--", "x", "{url}"], "'nobody.invalid:1' leads to no address"),
        (["--handler", "speak", "--", "x", "{url}"], "'speak' is no module and function"),
        (["--before-tls", "tests.kit.mail:no", "--", "x", "{url}"], "'tests.kit.mail:no' is not found"),
        (["--before-tls", "tests.kit.nil:no", "--", "x", "{url}"], "'tests.kit.nil:no' is not found"),
        (
            ["--before-tls", "kit/mail.py:no", "--", "x", "{url}"],
            "has a file's name; a module has none: mail:no",
        ),
        (["--handler", "tests.kit:mail", "--", "x", "{url}"], "handler= takes a function that is called"),
        (
            ["--handler", "tests.kit.mail:speak", "--forward-to", "127.0.0.1:1", "--", "x", "{url}"],
            "handler= and forward_to= both take the decrypted bytes",
        ),
        (["--polic", "hard-fail", "--", "x", "{url}"], "No such option"),
    ],
)
def test_mistakes_with_probe(arguments: list[str], sentence: str) -> None:
    """A mistake ends with 2 and a sentence, with what is near, and runs nothing."""
    result = CliRunner().invoke(main, ["probe", *arguments], env={"COLUMNS": "200"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr


def test_probe_takes_options_of_the_client() -> None:
    """What stands after the client's name is the client's, with or without -- before it."""
    for dashes in ([], ["--"]):
        result = CliRunner().invoke(main, ["probe", *dashes, "no-such-client", "--policy", "{url}"])
        assert result.exit_code == 3
        assert "there is no program no-such-client" in result.stderr
