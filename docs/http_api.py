"""The pages of the manual on `mockpki serve`: its calls, and the shapes that go in and come out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from mockpki._serve.guard import OPEN, SAFE
from mockpki._serve.openapi import describe, list_problems
from mockpki._serve.problem import TYPES
from mockpki._serve.route import JSON, PARAMETERS, Route
from mockpki._serve.table import TABLE

DOCUMENT = describe(TABLE)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
FAULT = "Fault"
ROUTES = {(route.method, route.path): route for route in TABLE}


def _choose_common(routes: Iterable[Route]) -> frozenset[str]:
    """The types of problem that all of *routes* have."""
    return frozenset.intersection(*(frozenset(list_problems(route)) for route in routes))


ALWAYS = _choose_common(route for route in TABLE if route.path not in OPEN)
WRITES = _choose_common(route for route in TABLE if route.method not in SAFE) - ALWAYS


def list_calls() -> Iterable[str]:
    """Every call of `mockpki serve`, from the same document that programs get."""
    yield "# HTTP API"
    yield ""
    yield "Every call of `mockpki serve`; `GET /v1/openapi.json` is this for programs. A body is JSON, with"
    yield f"`Content-Type: {JSON}`; {{doc}}`http_shapes` has the objects that go in and come out. Names"
    yield "are those of Python's functions, and {doc}`/reference/pki` says more of what each does."
    yield from ("", "## In paths", "", "| part | what it is |", "|---|---|")
    for name, (converter, words) in PARAMETERS.items():
        kind = converter.removeprefix("any(").removesuffix(")") if converter.startswith("any(") else ""
        yield f"| `{{{name}}}` | {_cell(words)}{kind and f' One of {_code(kind.split(chr(44)))}.'} |"
    yield from _list_problems()
    for tag in DOCUMENT["tags"]:
        yield from ("", f"## {tag['name'].replace('_', ' ')}", "", tag["description"])
        for path, calls in DOCUMENT["paths"].items():
            for method, call in calls.items():
                if tag["name"] in call["tags"]:
                    yield from ("", f"### `{method.upper()} {path}`", "", call["summary"])
                    yield from ("", call.get("description", ""))
                    yield from _list_given(call)
                    yield from _list_answers(call, ROUTES[method.upper(), path])


def _list_problems() -> Iterable[str]:
    yield from ("", "## Problems", "")
    yield "A call that cannot be done is answered with a [Problem](#shape-problem) (RFC 9457). Its `type` is"
    yield "one of these, behind `/v1/problems#`; below, each call names those that not all have."
    yield from ("", "| type | status | what it means | of which calls |", "|---|---|---|---|")
    for kind, (status, meaning) in TYPES.items():
        of = "all" if kind in ALWAYS else f"all but {_code(SAFE)}" if kind in WRITES else "see there"
        if kind in ("bug", "wrong-method"):
            of = "any"
        if kind == "no-token":
            of = f"all but {_code(OPEN)}, where the server has one"
        yield f"| `{kind}` | {status} {HTTPStatus(status).phrase} | {_cell(meaning)} | {of} |"


def _list_given(call: dict[str, Any]) -> Iterable[str]:
    query = [one for one in call.get("parameters", ()) if one["in"] == "query"]
    if query:
        fields = {one["name"]: one["schema"] for one in query}
        yield from ("", "Behind the question mark:", "")
        yield from _list_fields(fields, [one["name"] for one in query if one["required"]])
    if "requestBody" in call:
        body = call["requestBody"]
        media = body["content"][JSON]
        known = SCHEMAS[media["schema"]["$ref"].rpartition("/")[2]]
        yield from ("", "The body:" if body["required"] else "The body, which may be left out:", "")
        yield from _list_fields(known["properties"], known.get("required", ()))
        if "example" in media:
            yield from ("", "```json", json.dumps(media["example"]), "```")


def _list_answers(call: dict[str, Any], route: Route) -> Iterable[str]:
    yield from ("", "Answers:", "")
    for status, answer in call["responses"].items():
        if "$ref" not in answer:
            kinds = [
                describe_kind(media["schema"]) if name == JSON else f"`{name}`"
                for name, media in answer.get("content", {}).items()
            ]
            where = ", and its path in `Location`" if "headers" in answer else ""
            yield f"- `{status}` {' or '.join(kinds) or 'without a body'}{where}"
    own: dict[int, list[str]] = {}
    for kind in dict.fromkeys(list_problems(route)):
        if kind not in ALWAYS | WRITES:
            own.setdefault(TYPES[kind][0], []).append(kind)
    for number, names in sorted(own.items()):
        yield f"- `{number}` {_code(names)}"


def list_shapes() -> Iterable[str]:
    """The objects that go in and come out, field by field."""
    yield from ("# HTTP API: shapes", "")
    yield "What goes into the calls of {doc}`http_api` within their bodies, and what comes out. A field that"
    yield "is *required* is always there in an answer, and has to be there in what is sent."
    for name in sorted(SCHEMAS, key=str.lower):
        schema = SCHEMAS[name]
        if "const" not in schema.get("properties", {}).get("fault", ()):
            yield from ("", f"(shape-{name.lower()})=", f"## {name}", "")
            if name == FAULT:
                yield "A text, as `mockpki faults` takes it, such as `Stale by=2d`; or an object, with the"
                yield 'name as `fault`, and the parameters: `{"fault": "Stale", "by": "P2D"}`.'
                yield "{doc}`/faults` is the list."
            else:
                yield _flow(schema.get("description", ""))
                yield from ("", *_list_fields(schema["properties"], schema.get("required", ())))


def _list_fields(fields: dict[str, Any], required: Iterable[str]) -> Iterable[str]:
    if not fields:
        yield "None."
        return
    needed = set(required)
    words = {name: _find_words(schema) for name, schema in fields.items()}
    heads = ["field", "kind", "needed", *(["meaning"] if any(words.values()) else [])]
    yield from (f"| {' | '.join(heads)} |", "|---" * len(heads) + "|")
    for name, schema in fields.items():
        default = (
            "" if schema.get("default") in (None, [], {}) else f", else `{json.dumps(schema['default'])}`"
        )
        state = "required" if name in needed else f"optional{default}"
        row = [f"`{name}`", describe_kind(schema), state, words[name]]
        yield f"| {' | '.join(map(_cell, row[: len(heads)]))} |"


def _find_words(schema: dict[str, Any]) -> str:
    """What *schema* is said to be, by itself or where it is not null."""
    inner = (one.get("description", "") for one in schema.get("anyOf", ()))
    return _flow(schema.get("description") or next(filter(None, inner), ""))


def describe_kind(schema: dict[str, Any]) -> str:
    """What may stand there, in Markdown: objects that have a name are links."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#shape-{name.lower()})"
    for word in ("const", "enum"):
        if word in schema:
            values = [schema[word]] if word == "const" else schema[word]
            return _code(map(json.dumps, values))
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(describe_kind(one) for one in schema["anyOf"]))
    match schema.get("type"):
        case None:
            return "anything"
        case "array":
            return f"list of {describe_kind(schema.get('items', {}))}"
        case "object" if "properties" in schema:
            needed = schema.get("required", ())
            inner = (
                f"`{name}`{'' if name in needed else '?'}: {describe_kind(one)}"
                for name, one in schema["properties"].items()
            )
            return f"object with {', '.join(inner)}"
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return f"object, by name: {describe_kind(schema['additionalProperties'])}"
        case kind:
            return f"{kind}{_describe_limits(schema)}"


def _describe_limits(schema: dict[str, Any]) -> str:
    more = [str(schema[word]) for word in ("format", "contentEncoding") if word in schema]
    low, high = schema.get("minimum"), schema.get("maximum")
    if high is not None:
        more.append(f"{low} to {high}" if low is not None else f"to {high}")
    elif low is not None:
        more.append(f"from {low}")
    return f" ({', '.join(more)})" if more else ""


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _flow(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
