"""The templates of pages: what they are filled with is text in them."""

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from mockpki._reports.templates import ENVIRONMENT, escape, render
from tests.kit.pages import Reader


def test_pieces() -> None:
    """The pieces for other pages: text is escaped, control characters show."""
    assert escape('a<b> & "c"\x07\n\t\x9b') == "a&lt;b&gt; &amp; &quot;c&quot;\ufffd\n\t\ufffd"
    facts = ENVIRONMENT.get_template("macros.html").module.facts  # type: ignore[attr-defined]
    assert facts([("A & B", Markup("<b>x</b>"))]) == (
        '<dl class="facts"><dt>A &amp; B</dt><dd><b>x</b></dd></dl>'
    )
    assert facts([("A", "<b>x</b>")]) == '<dl class="facts"><dt>A</dt><dd>&lt;b&gt;x&lt;/b&gt;</dd></dl>'
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
