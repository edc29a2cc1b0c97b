"""The templates of pages and pictures, which `render` fills in.

Whatever is put into one is escaped, unless a template has made it; control characters show as U+FFFD.
"""

from __future__ import annotations

import html
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..safe import clean


def escape(value: object) -> Markup:
    """*value* as it stands in a page, in an attribute as well. What is markup stays as it is."""
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(clean(str(value))))  # noqa: S704


ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    finalize=escape,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(name: str, **values: object) -> Markup:
    """The template of that name, filled in."""
    return Markup(ENVIRONMENT.get_template(name).render(values))  # noqa: S704
