"""What went wrong with a call, as a document (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from .._engine.ports import EXHAUSTED
from .._problems import describe
from . import shapes
from .words import say_in_calls

MEDIA_TYPE = "application/problem+json"
PAGE = "/v1/problems"
"""Where this server says what each type means."""

TYPES: dict[str, tuple[int, str]] = {
    "not-http": (400, "The request is none of HTTP/1.1, or its body does not come as its head says."),
    "not-json": (400, "The body is no JSON."),
    "no-token": (401, "The token of this server is missing, or another one."),
    "foreign-page": (403, "A page of another origin asks for a change, and is refused."),
    "not-found": (404, "Nothing has that path, id or name."),
    "wrong-method": (405, "The path takes other methods; the header Allow names them."),
    "timed-out": (408, "The request was not there after 30 seconds of silence."),
    "assertion-failed": (409, "What was to be asserted is not so; `detail` has the history."),
    "something-failed": (409, "Something failed in the background of the PKI; `problems` says what."),
    "limit-reached": (409, "There are as many as this server was told to have; `detail` names the option."),
    "conflict": (409, "As things stand, it cannot be done: the order of the calls is another one."),
    "gone": (410, "The PKI was closed."),
    "too-large": (413, "The body is larger than 1 MiB."),
    "wrong-media-type": (415, "A body is JSON, and its Content-Type says so: application/json."),
    "wrong-host": (421, "The Host is none that this server was told it has."),
    "unknown-field": (422, "An object has a field that is not known here."),
    "invalid": (422, "A value is of the wrong kind, or one that cannot be."),
    "too-long-head": (431, "The head of the request is longer than 64 KiB."),
    "bug": (500, "This is an error of mockpki; the traceback is on its stderr."),
}
"""Each type of problem: its status, and what it means."""


@dataclass
class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A call that cannot be done. *kind* is one of `TYPES`, *detail* a sentence for whoever made the call.

    *pointer* leads to the value in the body (RFC 6901), *suggestions* are near names, *problems* what else
    there is to say. *headers* go with the answer.
    """

    kind: str
    detail: str
    pointer: str | None = None
    suggestions: Sequence[str] = ()
    problems: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.detail

    @property
    def status(self) -> int:
        """The HTTP status."""
        return TYPES[self.kind][0]

    @property
    def is_port(self) -> bool:
        """Whether it is a port of a TLS server that cannot be had: nothing is wrong with the call."""
        is_os = self.kind in ("conflict", "limit-reached")
        return is_os and self.pointer is not None and self.pointer.endswith("/port")

    @property
    def document(self) -> shapes.Problem:
        """The answer's body. A URI is relative: no host name is invented."""
        return shapes.Problem(
            type=f"{PAGE}#{self.kind}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            pointer=self.pointer,
            suggestions=list(self.suggestions),
            problems=list(self.problems),
        )

    @classmethod
    def of(cls, error: Exception) -> Problem:
        """The same of what was raised on the way: the domain's own errors are sentences already."""
        match error:
            case Problem():
                return error
            # These two are what no sentence of the domain's is raised as.
            case KeyError() | IndexError():
                return cls("bug", describe(error))
            case ValueError() | TypeError() | LookupError():
                return cls("invalid", describe_plainly(error))
            case OSError(errno=int()) if not isinstance(error, TimeoutError):
                kind = "limit-reached" if error.errno in EXHAUSTED else "conflict"
                return cls(kind, describe_plainly(error))
        return cls("bug", describe(error))


def pointing_to(pointer: str) -> AbstractContextManager[None]:
    """A block about the value at *pointer* in the body: what is raised in it leaves it as a problem there.

    A value that names what is not there is a wrong value: 404 is for what the path names.
    """

    def place(problem: Problem) -> None:
        problem.pointer = pointer + (problem.pointer or "") or None
        if problem.kind == "not-found":
            problem.kind = "invalid"

    return _placing(place)


def pointing_into(body: Struct) -> AbstractContextManager[None]:
    """A block that gives fields of *body* to functions of Python, whose sentences name what they are about.

    What is raised in it leaves it as a problem there: at the first field of that name that was given.
    """

    def place(problem: Problem) -> None:
        if problem.pointer is None:
            problem.pointer = _find_field(problem.detail, body)

    return _placing(place)


@contextmanager
def _placing(place: Callable[[Problem], object]) -> Iterator[None]:
    """A block that whatever is raised in leaves as a problem, once *place* has been told of it."""
    try:
        yield
    except Exception as error:
        problem = Problem.of(error)
        place(problem)
        if problem is error:
            # It keeps what it came from.
            raise
        raise problem from error


def _find_field(sentence: str, body: Struct) -> str | None:
    """A pointer to what *sentence* names: as ``field=``, by its first word, or by its value; or None."""
    given: dict[str, Any] = {
        field.name: value
        for field in msgspec.structs.fields(body)
        if (value := getattr(body, field.name)) not in (field.default, [], None)
    }
    # What was given may have any words in it, and a sequence says all of its own.
    for name in re.findall(r"^\w+|\b\w+(?==)", re.sub(r"'[^']*'|\w+\([^()]*\)", "", sentence)):
        if name in given:
            return f"/{name}"
    for name, value in given.items():
        places = enumerate(value) if isinstance(value, list) else [(None, value)]
        for number, one in places:
            if isinstance(one, str) and repr(one) in sentence:
                return f"/{name}" if number is None else f"/{name}/{number}"
    return None


def describe_plainly(error: BaseException) -> str:
    """What *error* says, with its notes, in the words of calls."""
    notes = [note.removeprefix("mockpki: ") for note in getattr(error, "__notes__", ())]
    # The number of an error of the system's is for programs, and they have the kind of the problem.
    words = error.strerror if isinstance(error, OSError) and error.filename is None else None
    return say_in_calls("; ".join([words or str(error) or type(error).__name__, *notes]))
