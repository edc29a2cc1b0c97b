"""The templates of pages: what they are filled with is text in them."""

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from mockpki._reports.model import Fact
from mockpki._reports.templates import ENVIRONMENT, escape, render
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
