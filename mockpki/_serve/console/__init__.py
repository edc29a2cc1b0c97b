"""The console: the files of a page for a person with a browser.

There is no build and no template: the files are those that stand here, and no others can be had, whatever
the path says. `main.js` is where the page begins, `api.js` what it asks; `log.js` is the live log, `tree.js`
a PKI, with `cas.js`, `certificates.js`, `servers.js`, `faults.js` and `clock.js` for its parts; `code.js`
writes what was done as code, `dom.js` makes elements.
"""

from __future__ import annotations

from pathlib import Path

from .. import queries
from ..problem import Problem
from ..route import Call, Content, Routes

ROUTES = Routes()
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
FILES = {path.name: path for path in Path(__file__).parent.iterdir() if path.suffix in TYPES}
"""All there are, by name."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        *("script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:"),
        *("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
    )
)
"""What the page may load and send, and where: nothing but what this server has (Content Security Policy)."""


def _show(name: str) -> Content:
    path = FILES[name]
    return Content(
        path.read_bytes(),
        f"{TYPES[path.suffix]}; charset=utf-8",
        headers=(("Content-Security-Policy", POLICY),),
    )


@ROUTES.add("GET", "/", query=queries.Entrance, answers="text/html")
def show_console(call: Call) -> Content:
    """The console, for a person with a browser."""
    return _show("index.html")


@ROUTES.add("GET", "/console/{file}", answers="text/plain")
def show_file(call: Call) -> Content:
    """A file of the console."""
    name = call.path["file"]
    if name not in FILES:
        raise Problem("not-found", f"the console has no file {name[:200]!r}")
    return _show(name)
