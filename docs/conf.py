"""The manual: `sphinx-build -W docs site`. Its catalogues are made from the code at each build."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import catalogues  # noqa: E402

import mockpki  # noqa: E402

project = "mockpki"
author = copyright = "the mockpki authors"
version = release = mockpki.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = f"mockpki {release}"
html_static_path: list[str] = []
exclude_patterns = ["_build"]
myst_heading_anchors = 3
# Docstrings have `names` in single backticks: a link where there is such a name, and else as it is.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 90
python_use_unqualified_type_names = True
toc_object_entries = False

_INDENTED = re.compile(r"^ {4,}\S")


def mark_code(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Have indented examples of docstrings be code: to a reader of the source they already look so."""
    marked: list[str] = []
    inside = False
    for at, line in enumerate(lines):
        begins = _INDENTED.match(line) and (at == 0 or not lines[at - 1].strip())
        before = next((one for one in reversed(lines[:at]) if one.strip()), "")
        if begins and not inside and not before.endswith("::"):
            marked += [".. code-block:: python", ""]
            inside = True
        elif line.strip() and not _INDENTED.match(line):
            inside = False
        marked.append(line)
    lines[:] = marked


def drop_limits(
    app: Sphinx,
    what: str,
    name: str,
    obj: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Show the type alone of what is ``Annotated`` with limits and words, which the docstring has."""
    while signature is not None and "Annotated[" in signature:
        start = signature.index("Annotated[")
        begin = at = start + len("Annotated[")
        first, depth = None, 1
        while depth:
            depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(signature[at], 0)
            if signature[at] == "," and depth == 1 and first is None:
                first = at
            at += 1
        signature = signature[:start] + signature[begin:first] + signature[at:]
    return signature, returns


def join_pages(app: Sphinx, error: Exception | None) -> None:
    """After a build as text, put the whole manual into one file, for whoever reads with a program."""
    if error is None and app.builder.name == "text":
        names = ["index"]
        for name in names:
            names += [one for one in app.env.toctree_includes.get(name, []) if one not in names]
        pages = [(Path(app.outdir) / f"{name}.txt").read_text(encoding="utf-8") for name in names]
        (Path(app.outdir) / "llms.txt").write_text("\n\n".join(pages), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    catalogues.write_all(HERE / "catalogues")
    app.connect("autodoc-process-docstring", mark_code)
    app.connect("autodoc-process-signature", drop_limits)
    app.connect("build-finished", join_pages)
