"""The templates of pages: what they are filled with is text in them."""

import re

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from mockpki._reports.model import Fact
from mockpki._reports.templates import ENVIRONMENT, escape, render
from mockpki.scenarios.servers import KINDS
from tests.kit.pages import Reader


def test_pieces() -> None:
    """The pieces for other pages: text is escaped, control characters show."""
    assert escape('a<b> & "c"\x07\n\t\x9b') == "a&lt;b&gt; &amp; &quot;c&quot;\ufffd\n\t\ufffd"
    facts = '{% from "macros.html" import facts %}{% call(one) facts(all) %}{{ value }}{% endcall %}'
    for value, shown in ((Markup("<b>x</b>"), "<b>x</b>"), ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;")):
        written = ENVIRONMENT.from_string(facts).render(all=[Fact("A & B", ())], value=value)
        assert written == f'<dl class="facts"><dt>A &amp; B</dt><dd>{shown}</dd></dl>'
    template = ENVIRONMENT.from_string('{% extends "base.html" %}{% block body %}{{ body }}{% endblock %}')
    page = template.render(title="A & B", body=Markup("<p>x</p>"))
    assert "<title>A &amp; B</title>" in page
    assert Reader(page).text.split() == ["A", "&", "B", "x"]


@pytest.mark.parametrize("name", sorted(ENVIRONMENT.list_templates(extensions=["html", "css", "svg"])))
def test_every_template_is_one(name: str) -> None:
    """Each file can be read as a template, and escapes what is put into it."""
    assert ENVIRONMENT.get_template(name).name == name
    assert ENVIRONMENT.autoescape is True


def test_a_value_that_is_missing() -> None:
    """A template that is not given all it needs is an error, and no page with a hole in it."""
    with pytest.raises(UndefinedError, match="'title' is undefined"):
        render("base.html")


def test_escaping_in_attributes_and_joins() -> None:
    """Quotes cannot end an attribute, and several texts in a row are escaped as well."""
    template = ENVIRONMENT.from_string('<p title="{{ text }}">{{ [text, text] | join(", ") }}</p>')
    written = template.render(text='"><script>\x1b')
    assert written == (
        '<p title="&quot;&gt;&lt;script&gt;\ufffd">'
        "&quot;&gt;&lt;script&gt;\ufffd, &quot;&gt;&lt;script&gt;\ufffd</p>"
    )


# Colours, as WCAG 2.1 section 1.4.3 counts them.

INKS = ("ink", "dim", "right", "wrong", "link")
PAPERS = ("paper", "card")


def read_schemes() -> dict[str, dict[str, str]]:
    """The variables of the page in light and dark."""
    light, dark = re.findall(r":root \{([^}]*)\}", str(render("page.css")))
    schemes = [dict(re.findall(r"--(\w+): (#\w+)", one)) for one in (light, dark)]
    return {"light": schemes[0], "dark": {**schemes[0], **schemes[1]}}


def luminance(colour: str) -> float:
    """The relative luminance of ``#rgb`` or ``#rrggbb``."""
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * one for one in digits)
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure() -> None:
    """Black on white has all the contrast there is, a colour on itself none, and grey something between."""
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#abcdef", "#abcdef") == pytest.approx(1)
    assert contrast("#777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("ink", INKS)
def test_texts_can_be_read(scheme: str, paper: str, ink: str) -> None:
    """Every ink on every ground has a contrast of 4.5 to 1, in light and in dark."""
    colours = read_schemes()[scheme]
    assert contrast(colours[ink], colours[paper]) >= 4.5


@pytest.mark.parametrize("name", KINDS)
def test_letters_can_be_read(name: str) -> None:
    """The white letters in the bars of a timeline, and words on the same ground, have it, too."""
    style = str(render("timeline.css"))
    (ground,) = re.findall(rf"\.{name} {{ fill: (#\w+); background: \1; }}", style)
    assert contrast("#fff", ground) >= 4.5
    assert "svg.timeline .letter { fill: #fff;" in style
    assert re.search(r"\.key \{[^}]*color: #fff", style)
    assert re.search(r"\.word \{[^}]*color: #fff", str(render("page.css")))


def test_no_other_colours() -> None:
    """All colours of the page are variables, but for the white on coloured grounds."""
    style = str(render("page.css"))
    rules = re.sub(r":root \{[^}]*\}", "", style)
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", rules)) == {"#fff"}
