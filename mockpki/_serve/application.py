"""From a request to an answer: guard, route, read, do, write. A WSGI application."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from werkzeug.exceptions import ClientDisconnected, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .bodies import Body
from .changes import tell_change
from .conversion import convert
from .guard import HEADERS, Guard
from .limits import IDLE, LARGEST_BODY
from .problem import MEDIA_TYPE, Problem
from .route import JSON, Call, Content, Route
from .table import TABLE
from .topology import Topology

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Incoming(Request):
    """A request, no larger than it may be."""

    # One more than may be: what comes in chunks is cut off there without a word.
    max_content_length = LARGEST_BODY + 1


class NoQuery(Body):
    """Nothing behind the question mark."""


class Application:
    """What answers calls about *topology*, to whom *guard* lets in. Every thread may call it."""

    def __init__(self, topology: Topology, guard: Guard, table: Iterable[Route] = TABLE) -> None:
        self._topology = topology
        self._guard = guard
        self._table = tuple(table)
        self._map = Map(
            [Rule(route.rule, methods=[route.method], endpoint=route) for route in self._table],
            strict_slashes=False,
            merge_slashes=False,
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = self.answer(Incoming(environ))
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response(environ, start_response)

    def answer(self, request: Incoming) -> Response:
        """The answer to *request*. Never raises: what cannot be done is a problem, told as one."""
        try:
            return self._answer(request)
        except Exception as error:
            return write_problem(Problem.of(error))

    def _answer(self, request: Incoming) -> Response:
        self._guard.check(request)
        if self._guard.is_shown_token(request):
            return self._guard.let_in(request)
        # The host was looked at by the guard, and decides nothing here.
        adapter = self._map.bind("localhost")
        try:
            route, path = adapter.match(request.path, request.method)
        except MethodNotAllowed as error:
            allowed = ", ".join(sorted(error.valid_methods or ()))
            raise Problem(
                "wrong-method",
                f"{request.path[:200]} takes {allowed}, not {request.method[:20]}",
                headers={"Allow": allowed},
            ) from None
        except NotFound:
            raise Problem(
                "not-found",
                f"there is nothing at {request.path[:200]!r}; /v1/openapi.json lists what there is",
            ) from None
        body = _read_body(request, route)
        query = _read_query(request, route.query or NoQuery)
        call = Call(self._topology, request, route, path, body, query, self._table)
        try:
            answer = route.handle(call)
            tell_change(call, answer)
            return _write(request, route, answer)
        except Problem as problem:
            if problem.kind == "something-failed":
                # A reset, say, is done all the same.
                tell_change(call, None)
            elif problem.kind != "assertion-failed":
                call.check_open()
            raise
        except Exception:
            # What is in the middle of being closed raises all kinds of things.
            call.check_open()
            raise


def _read_body(request: Incoming, route: Route) -> Any:
    _check_length(request)
    try:
        data = request.get_data(cache=False)
    except RequestEntityTooLarge:
        data = None
    except (ClientDisconnected, OSError) as error:
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            raise Problem("timed-out", f"the body did not come within {IDLE:g} s") from None
        raise Problem("not-http", "the body does not come as its head says") from None
    if data is None or len(data) > LARGEST_BODY:
        raise Problem("too-large", f"a body has at most {LARGEST_BODY:,} octets")
    if route.body is None:
        if data not in (b"", b"{}"):
            raise Problem("invalid", f"{route.method} {route.path} takes no body")
        return None
    if not data and route.optional:
        return None
    return convert(_read_json(data), route.body)


def _check_length(request: Incoming) -> None:
    """Raise Problem for a head that does not say where the body ends: none is read as if there were none."""
    coding, length = (
        request.headers.get(name, "").strip() for name in ("Transfer-Encoding", "Content-Length")
    )
    if coding and (coding.lower() != "chunked" or length):
        raise Problem(
            "not-http", "a body has either a Content-Length, or the one Transfer-Encoding 'chunked'"
        )
    if length and not (length.isascii() and length.isdigit()):
        raise Problem("not-http", f"Content-Length is a number; got {length[:60]!r}")


def _read_json(data: bytes) -> Any:
    try:
        value = msgspec.json.decode(data)
        # RFC 8259 section 4: "The names within an object SHOULD be unique." Of two, one would be dropped.
        json.loads(data, object_pairs_hook=_refuse_twins)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Problem("not-json", f"the body is no JSON: {error}") from error
    return value


def _refuse_twins(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has the field {twin[:60]!r} twice")


def _read_query(request: Incoming, kind: Any) -> Any:
    for name, values in request.args.lists():
        if len(values) > 1:
            raise Problem("invalid", f"the query has {name[:60]}= {len(values)} times; give it once")
    try:
        # What stands in a URL is text, whatever it is meant as.
        return convert(request.args.to_dict(), kind, strict=False)
    except Problem as problem:
        # There is nothing in the body to point to.
        problem.detail = f"in the query, {problem.detail}"
        problem.pointer = None
        raise


def _write(request: Incoming, route: Route, answer: object) -> Response:
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, Content):
        response = Response(answer.data, content_type=answer.media_type, headers=list(answer.headers))
        if answer.file_name is not None:
            response.headers.set("Content-Disposition", "attachment", filename=answer.file_name)
        return response
    if answer is None:
        response = Response(status=route.status_of_nothing)
        del response.headers["Content-Type"]
        return response
    response = Response(msgspec.json.encode(answer), status=route.status, content_type=JSON)
    if route.status == 201:
        # RFC 9110 section 15.3.2: "The primary resource created by the request is identified by either a
        # Location header field".
        response.headers["Location"] = f"{quote(request.path.rstrip('/'))}/{getattr(answer, 'id', '')}"
    return response


def write_problem(problem: Problem) -> Response:
    """*problem* as an answer. The traceback of one that is ours goes to stderr."""
    if problem.kind == "bug":
        traceback.print_exc(file=sys.stderr)
    return Response(
        msgspec.json.encode(problem.document),
        status=problem.status,
        content_type=MEDIA_TYPE,
        headers=dict(problem.headers),
    )
