"""What went wrong, as a document."""

import errno

import msgspec
import pytest

from mockpki._serve import bodies
from mockpki._serve.problem import TYPES, Problem, pointing_into, pointing_to


@pytest.mark.parametrize("kind", TYPES)
def test_a_document_says_what_and_where(kind: str) -> None:
    """Each type by its status and title, with a relative URI; what is not said is left out."""
    status, meaning = TYPES[kind]
    document = msgspec.json.decode(msgspec.json.encode(Problem(kind, "a sentence").document))
    assert document.keys() == {"type", "title", "status", "detail"}
    assert (document["type"], document["status"]) == (f"/v1/problems#{kind}", status)
    assert meaning.endswith(".")
    full = Problem(kind, "a sentence", "/a/0", ["b"], ["c"]).document
    assert (full.pointer, full.suggestions, full.problems) == ("/a/0", ["b"], ["c"])


def noted(error: Exception) -> Exception:
    """*error* with a note."""
    error.add_note("mockpki: and why")
    return error


@pytest.mark.parametrize(
    ("error", "kind", "detail"),
    [
        (ValueError("no"), "invalid", "no"),
        (TypeError("no"), "invalid", "no"),
        (LookupError("no"), "invalid", "no"),
        (noted(ValueError("no")), "invalid", "no; and why"),
        (OSError(errno.EADDRINUSE, "taken"), "conflict", "taken"),
        (OSError(errno.EMFILE, "many"), "limit-reached", "many"),
        (KeyError("no"), "bug", "KeyError: 'no'"),
        (IndexError("no"), "bug", "IndexError: no"),
        (AssertionError("no"), "bug", "AssertionError: no"),
        (TimeoutError("no"), "bug", "TimeoutError: no"),
        (RuntimeError("no"), "bug", "RuntimeError: no"),
        (Problem("gone", "no"), "gone", "no"),
    ],
    ids=repr,
)
def test_an_error_becomes_a_problem(error: Exception, kind: str, detail: str) -> None:
    """The sentences of the domain are for callers; what is no such sentence is a mistake of ours."""
    problem = Problem.of(error)
    assert (problem.kind, problem.detail) == (kind, detail)


def test_a_problem_inside_another_value_points_there() -> None:
    """Pointers grow from the inside out, and a value that names what is not there is a wrong value."""
    with pytest.raises(Problem) as caught, pointing_to("/certificates/1"), pointing_to("/ca"):
        raise Problem("not-found", "no CA is called 'x' here", suggestions=["y"])
    problem = caught.value
    assert (problem.kind, problem.pointer, problem.suggestions) == ("invalid", "/certificates/1/ca", ["y"])
    with pytest.raises(Problem) as caught, pointing_to(""):
        raise ValueError("no")
    assert (caught.value.kind, caught.value.pointer) == ("invalid", None)


@pytest.mark.parametrize(
    ("sentence", "pointer"),
    [
        ("key_type='P-1' is no key type", "/key_type"),
        ("csr holds no request", "/csr"),
        ("each of alpn= and subject= is wrong", "/subject"),
        ("'x y' is no name", "/identities/1"),
        ("leave name='subject=' out", None),
        ("Mix(subject=1) is wrong", None),
        ("ocsp_urls= is wrong", None),
        ("nothing here is the field's", None),
    ],
)
def test_a_sentence_leads_to_the_field_that_it_names(sentence: str, pointer: str | None) -> None:
    """That which was given, by its name or its value; what leads further down already stays."""
    body = bodies.IssueCert(identities=["a", "x y"], key_type="P-1", csr="c", subject="CN=s")
    with pytest.raises(Problem) as caught, pointing_to("/certificates/2"), pointing_into(body):
        raise ValueError(sentence)
    assert caught.value.pointer == f"/certificates/2{pointer or ''}"
    with pytest.raises(Problem) as caught, pointing_into(body), pointing_to("/faults/0"):
        raise ValueError(sentence)
    assert caught.value.pointer == "/faults/0"
