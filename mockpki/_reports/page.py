"""A report as one HTML file: no script, nothing from elsewhere, made for a phone first.

What stands in the page is in its reader's colours, light or dark. `page` makes the whole of it; the
classes that its style knows:

* ``wrong`` and ``right``: text in red and in green; on a ``details``, with a bar at its left.
* ``dim``: small print.
* ``grid``: a table; it scrolls by itself where it is too wide.
* ``facts``: a ``dl`` of names and values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape as _escape

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --dim: #59636e; --line: #d4dae0;
  --card: #f5f7f9; --right: #136f30; --wrong: #c01c28; --link: #0a5bd0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --paper: #14181d; --dim: #99a4b0;
  --line: #333b45; --card: #1d232a; --right: #5ac878; --wrong: #ff7b72; --link: #79b4ff; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: .2rem 0 .8rem; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .5rem; }
p, ul, dl, table, pre { margin: .5rem 0; }
ul { padding-left: 1.2rem; }
a { color: var(--link); }
code, pre { font: .85rem/1.45 ui-monospace, monospace; }
pre { padding: .6rem; white-space: pre-wrap; background: var(--paper); border: 1px solid var(--line);
  border-radius: .3rem; }
.dim { color: var(--dim); font-size: .9rem; }
.right { color: var(--right); }
.wrong { color: var(--wrong); }
.box { padding: .6rem .9rem; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; }
details { background: var(--card); border: 1px solid var(--line); border-left: .3rem solid var(--line);
  border-radius: .3rem; margin: .3rem 0; }
details.right { border-left-color: var(--right); color: inherit; }
details.wrong { border-left-color: var(--wrong); color: inherit; }
summary { display: flex; flex-wrap: wrap; gap: 0 .8rem; align-items: baseline; padding: .5rem .7rem;
  cursor: pointer; }
summary > :first-child { flex: 1 1 12rem; font-weight: 600; }
details > :not(summary) { margin-left: .7rem; margin-right: .7rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .2rem .8rem; }
.facts dt { color: var(--dim); }
.facts dd { margin: 0; min-width: 0; }
.grid { display: block; overflow-x: auto; border-collapse: collapse; }
.grid th, .grid td { padding: .25rem .6rem; border: 1px solid var(--line); text-align: left;
  vertical-align: top; }
@media (max-width: 30rem) { body { padding: .7rem; } .facts { display: block; }
  .facts dd { margin-bottom: .4rem; } }
@media print { details > * { display: block; } }
"""


def escape(text: object) -> str:
    """*text* as it stands in a page, in an attribute as well; control characters show as U+FFFD."""
    return _CONTROL.sub("\ufffd", _escape(str(text)))


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values below each other. The names are text, the values HTML."""
    lines = (f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in pairs)
    return f'<dl class="facts">{"".join(lines)}</dl>'


def page(title: str, body_html: str) -> str:
    """A whole page, which needs no other file. *title* is text; *body_html* is HTML, its texts escaped."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
{body_html}
</body>
</html>
"""
