"""What a table of code says, read off its own source: so that what is run is written down once."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from functools import cache
from itertools import pairwise


@cache
def read_calls(module: str, callee: str) -> dict[str, dict[str | int, str]]:
    """The arguments of each call of *callee* in *module* as they are written, by the text that comes first.

    They go by their names, or by their numbers where they have none. Of a function it is the body, in one
    line and with the quotes of a repr: ``lambda pki, leaf: Revoked("superseded")`` is
    ``Revoked('superseded')``. A call whose first argument is no text goes by "".
    """
    source = inspect.getsource(sys.modules[module])
    tree = ast.parse(source)
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    calls: dict[str, dict[str | int, str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == callee:
            first = node.args[0] if node.args else None
            name = str(first.value) if isinstance(first, ast.Constant) else ""
            arguments: dict[str | int, ast.expr] = dict(enumerate(node.args))
            arguments |= {one.arg or "": one.value for one in node.keywords}
            calls[name] = {key: _body_text(source, functions, value) for key, value in arguments.items()}
    return calls


def _body_text(source: str, functions: dict[str, ast.FunctionDef], node: ast.expr) -> str:
    if isinstance(node, ast.Name) and node.id in functions:
        return "; ".join(_one_line(source, statement) for statement in functions[node.id].body)
    body = node.body if isinstance(node, ast.Lambda) else node
    if isinstance(body, ast.Tuple) and body.elts:
        return ", ".join(_one_line(source, element) for element in body.elts)
    return _one_line(source, body)


def _one_line(source: str, node: ast.AST) -> str:
    text = " ".join((ast.get_source_segment(source, node) or "").split())
    # Where a formatter has broken a line, there is white space inside the parentheses.
    return re.sub(r",? \)", ")", text.replace("( ", "(")).replace('"', "'")


@cache
def read_docstrings(module: str) -> dict[str, str]:
    """What stands as a text below each name that *module* sets, in one line and without marks of code."""
    body = ast.parse(inspect.getsource(sys.modules[module])).body
    found = {}
    for before, node in pairwise(body):
        match before, node:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.replace("``", "").split())
    return found
