"""Placeholders: of a server, among braces of others; of a client, whose own braces are doubled."""

import shlex

import pytest

from mockpki._programs.placeholders import Placeholders, mask, quote
from mockpki.scenarios.servers import PLACEHOLDERS

fill_in = Placeholders(PLACEHOLDERS).fill_in
STRICT = Placeholders(("url", "port"), strict=True)


class TestPlaceholders:
    def test_braces_of_others_stay(self) -> None:
        """Only placeholders are filled in: the blocks of a configuration need no care."""
        text = 'server { listen {port}; } {"a": {"b": 1}} {unknown} ${port} {{.Go}}'
        filled = fill_in(text, {"port": "8443"})
        assert filled == 'server { listen 8443; } {"a": {"b": 1}} {unknown} $8443 {{.Go}}'

    def test_a_placeholder_as_text(self) -> None:
        """In double braces a placeholder is left, in single ones."""
        assert fill_in("{{host}} {host} {{hostess}}", {"host": "h"}) == "{host} h {{hostess}}"

    def test_what_is_found(self) -> None:
        """Placeholders, other names, and slips are told apart; what is in double braces is none of them."""
        known = Placeholders(("url", "port"))
        text = "{port} {prt} {prt} {{ulr}} {unknown} {url} {port}"
        assert known.find(text) == {"port", "url"}
        assert known.find_others(text) == ["prt", "unknown"]
        assert known.find_slips(text) == ["there is no placeholder {prt}; did you mean {port}?"]


class TestStrict:
    def test_double_braces_are_undone(self) -> None:
        """In a strict text every name in double braces is left in single ones, whether it is ours or not."""
        assert STRICT.fill_in("{{url}} {url} {{x}} {1} { }", {"url": "u"}) == "{url} u {x} {1} { }"

    def test_a_mask(self) -> None:
        """Whatever has a name in braces is masked, and what has not stays."""
        assert mask("a{url}b {{x}} {1} {}") == "axb x {1} {}"

    @pytest.mark.parametrize(
        ("words", "line"),
        [
            (["curl", "{url}"], "curl {url}"),
            (["a b", "{x}{{y}}", "$HOME"], "'a b' {x}{{y}} '$HOME'"),
            (["--name={server_name}", "{1}", ""], "--name={server_name} '{1}' ''"),
            (["it's {url}"], "'it'\"'\"'s {url}'"),
        ],
    )
    def test_quoted(self, words: list[str], line: str) -> None:
        """What a shell would not leave alone is quoted; placeholders are left as they are."""
        assert quote(words) == line
        assert shlex.split(line) == words
