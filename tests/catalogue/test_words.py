"""A text in words: what is typed for a fault, taken apart."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki._catalogue.words import Word, read_word, split_names, split_words, write_text_word


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Stale by=2d", ["Stale", "by=2d"]),
        ("a  b\tc", ["a", "", "b", "c"]),
        ("value='text/html; q=1' x", ["value='text/html; q=1'", "x"]),
        (r"data=b'it\'s one' x", [r"data=b'it\'s one'", "x"]),
        ('of={"certificate": "AA = "} path=(0, (1, 2))', ['of={"certificate": "AA = "}', "path=(0, (1, 2))"]),
    ],
)
def test_quotes_and_brackets_hold_together(text: str, parts: list[str]) -> None:
    """A space, an equals sign or a bracket inside them parts nothing."""
    assert split_words(text) == parts


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a 'b", "a quote without its end"),
        ("(a", r"lacks a '\)'"),
        ("a)", r"a '\)' that ends nothing"),
        ("[a)", r"a '\)' that ends nothing"),
        ("[" * 4000, "more than 16 brackets inside each other"),
    ],
)
def test_what_has_no_end_is_told(text: str, why: str) -> None:
    """An open quote, a bracket that is not closed, or thousands of them: a sentence, and no recursion."""
    with pytest.raises(ValueError, match=why):
        split_words(text)
    assert split_words("[" * 16 + "]" * 16) == ["[" * 16 + "]" * 16]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2d", Word("2d")),
        ("'2d'", "2d"),
        ('"2d"', "2d"),
        (r"b'\x00A\n'", b"\0A\n"),
        (r"'\u20ac\U0001f600'", "\u20ac\U0001f600"),
        ("()", []),
        ("(1, 'a',)", [Word("1"), "a"]),
        ('[1, "a", null]', [1, "a", None]),
        ('{"a": [true]}', {"a": [True]}),
        ("__import__('os').getcwd()", Word("__import__('os').getcwd()")),
    ],
)
def test_a_word_says_what_its_form_is(text: str, value: Any) -> None:
    """Quoted texts, octets, tuples and JSON; the rest is a word, and nothing of it is run."""
    found = read_word(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (r"'\q'", r"\\q is no escape"),
        (r"'\UFFFFFFFF'", r"\\UFFFFFFFF is no character"),
        ("b'\u20ac'", "is no octets"),
        ("[1, 2", "lacks"),
        ("[1 2]", "is not JSON"),
        ("(" * 4000 + ")" * 4000, "brackets inside each other"),
        ("[" * 4000 + "]" * 4000, "brackets inside each other"),
    ],
)
def test_a_word_that_is_none_is_told(text: str, why: str) -> None:
    """An escape that nobody knows, octets that are none, JSON that is none."""
    with pytest.raises(ValueError, match=why):
        read_word(text)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary())
def test_every_text_comes_back(text: str, octets: bytes) -> None:
    """Texts and octets are read as they were written, and stay one word."""
    written = write_text_word(text)
    assert str(read_word(written)) == text
    assert split_words(f"a {written} b") == ["a", written, "b"]
    assert read_word(repr(octets)) == octets


def test_a_name_stands_before_the_first_equals_sign() -> None:
    """What is before it has to be a name; a URL is none."""
    words = ["by=2d", "issuer", "to=http://a/?b=c", "http://a/?b=c", "=x"]
    assert list(split_names(words)) == [
        ("by", "2d"), ("", "issuer"), ("to", "http://a/?b=c"), ("", "http://a/?b=c"), ("", "=x"),
    ]  # fmt: skip
