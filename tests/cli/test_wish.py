"""What is asked for on the command line becomes the body of a call."""

import click
import pytest

from mockpki._serve.bodies import MakePki
from mockpki._serve.problem import Problem
from mockpki.cli._wish import Wish, explain_wish


def test_nothing_is_asked_for() -> None:
    """Then there is a PKI by its name, as it is by default."""
    assert Wish().make_body(()) == MakePki(name="default")
    assert not Wish(ocsp=("Hang",)).needs_certificate


@pytest.mark.parametrize(
    ("typed", "staple"),
    [
        ((), "honest"),
        (("honest",), "honest"),
        (("none",), "none"),
        (("nginx",), {"policy": "nginx"}),
        (("Stale by=2d",), ["Stale by=2d"]),
        (("Stale", "ExtraStaple"), ["Stale", "ExtraStaple"]),
    ],
)
def test_staples(typed: tuple[str, ...], staple: object) -> None:
    """A word for all or nothing, a server's way by its name, and faults."""
    body = Wish(staple=typed).make_body(("localhost",))
    assert body.tls_servers[0].staple == staple


def test_words_that_stand_alone() -> None:
    """All or nothing goes with no fault."""
    with pytest.raises(click.UsageError, match="--staple: none stands alone"):
        Wish(staple=("Stale", "none")).make_body(("localhost",))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("nonee", "none"),
        ("NONE", "none"),
        ("noen", "none"),
        ("onest", "honest"),
        ("Honest", "honest"),
        ("ngnix", "nginx"),
        ("apach", "apache"),
    ],
)
def test_what_is_nearly_a_staple(typed: str, meant: str) -> None:
    """A word for all or nothing, or a server's way, is told before any fault of a like name."""
    said = rf"--staple: nothing is called '{typed}'; did you mean {meant}\b"
    for words in ((typed,), ("Stale", typed)):
        with pytest.raises(click.UsageError, match=said):
            Wish(staple=words).make_body(("localhost",))
    # What is nearer to a fault is told by whoever reads faults.
    assert Wish(staple=("Stail",)).make_body(("localhost",)).tls_servers[0].staple == ["Stail"]


def test_everything_is_asked_for() -> None:
    """Each option has its field."""
    wish = Wish((), ("Hang",), ("HttpStatus 503",), True, True, "RSA-2048")
    body = wish.make_body(("localhost", "::1"))
    assert body.key_type == "RSA-2048"
    assert body.ocsp is not None
    assert body.ocsp.faults == ["Hang"]
    assert body.crl is not None
    assert body.crl.faults == ["HttpStatus 503"]
    (leaf,), (server,) = body.certificates, body.tls_servers
    assert (leaf.identities, leaf.status, leaf.must_staple) == (["localhost", "::1"], "revoked", True)
    assert (server.certificates, server.name) == ([leaf.name], "tls")
    assert wish.given == ["--ocsp", "--crl", "--revoke", "--must-staple", "--key-type"]


def test_problems_name_their_options() -> None:
    """What is wrong in a body is told as it was typed, with one full stop, or a question mark."""
    for pointer, detail, said in (
        ("/ocsp/faults/0", "no", "--ocsp: no."),
        ("/tls_servers/0", "did you mean Hang?", "--staple: did you mean Hang?"),
        ("/certificates/0", "no", "NAME: no."),
        (None, "no", "no."),
    ):
        assert explain_wish(Problem("invalid", detail, pointer), "NAME").message == said
