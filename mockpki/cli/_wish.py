"""What people ask for on the command line: a PKI, a certificate, a TLS server, and what is wrong."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from .._typed import find_near
from ._options import Decorator, gather

if TYPE_CHECKING:
    from .._serve.bodies import MakePki
    from .._serve.problem import Problem
    from .._serve.topology import Topology

PKI_NAME, LEAF_NAME, SERVER_NAME = "default", "leaf", "tls"
"""What they are called in the calls of the control API."""


@dataclass(frozen=True)
class Wish:
    """The options that `mockpki run` and `mockpki serve NAME...` have in common."""

    staple: tuple[str, ...] = ()
    ocsp: tuple[str, ...] = ()
    crl: tuple[str, ...] = ()
    revoke: bool = False
    must_staple: bool = False
    key_type: str | None = None

    @property
    def needs_certificate(self) -> bool:
        """Whether something is asked for that only a certificate and its server have."""
        return bool(self.staple or self.revoke or self.must_staple)

    @property
    def given(self) -> list[str]:
        """The options that were given."""
        return [f"--{name.replace('_', '-')}" for name, value in vars(self).items() if value]

    def fill(self, topology: Topology, names: tuple[str, ...], option: str) -> dict[str, str]:
        """Make the PKI, with what *option* has named; its id, by name.

        Raises UsageError for what cannot be, and Problem for a port that cannot be had.
        """
        from .._serve.pkis import make
        from .._serve.problem import Problem

        try:
            return {PKI_NAME: make(topology, self.make_body(names)).id}
        except (Problem, LookupError, TypeError, ValueError) as error:
            problem = Problem.of(error)
            if problem.is_port:
                # Nobody types the port of this server: it is one of --tls-ports, or any that is free.
                raise Problem(problem.kind, f"--tls-ports: {problem}", problem.pointer) from error
            raise explain_wish(problem, option) from error

    def make_body(self, names: tuple[str, ...]) -> MakePki:
        """What makes the PKI, with a certificate for *names* and its TLS server; no names, neither."""
        from .._serve.bodies import IssueCert, MakePki, Service, TlsServer

        body = MakePki(
            name=PKI_NAME,
            ocsp=Service(faults=list(self.ocsp)) if self.ocsp else None,
            crl=Service(faults=list(self.crl)) if self.crl else None,
        )
        if self.key_type is not None:
            body.key_type = self.key_type
        if names:
            status: Any = "revoked" if self.revoke else "good"
            body.certificates = [
                IssueCert(name=LEAF_NAME, identities=list(names), must_staple=self.must_staple, status=status)
            ]
            body.tls_servers = [
                TlsServer(name=SERVER_NAME, certificates=[LEAF_NAME], staple=self._choose_staple())
            ]
        return body

    def _choose_staple(self) -> Any:
        from .. import staplers

        if not self.staple:
            return "honest"
        if len(self.staple) == 1:
            (name,) = self.staple
            if name in ("honest", "none"):
                return name
            with suppress(LookupError):
                staplers.named(name)
                return {"policy": name}
        for word in self.staple:
            if word in ("honest", "none"):
                raise click.UsageError(f"--staple: {word} stands alone; several are faults.")
            self._refuse_nearly(word)
        return list(self.staple)

    def _refuse_nearly(self, word: str) -> None:
        """Raise UsageError for a *word* that is no fault, and nearly one of the other things to staple."""
        from .. import staplers
        from .._catalogue.lookup import list_names

        known = list_names()
        others = ("honest", "none", *staplers.NAMED)
        near = [] if word.lower() in known else find_near(word.lower(), {**known, **dict.fromkeys(others)})
        if near and near[0] in others:
            listed = " or ".join(known.get(one, one) for one in near)
            raise click.UsageError(f"--staple: nothing is called {word!r}; did you mean {listed}?")


wish_options: Decorator = gather(
    Wish,
    "wish",
    click.option(
        "--staple", multiple=True, metavar="STAPLE",
        help="What the TLS server staples: honest, none, a fault, or a server's way, such as nginx "
        "(`mockpki staplers`).",
    ),
    click.option(
        "--ocsp", multiple=True, metavar="FAULT",
        help='A fault of the OCSP responder, such as Hang or "Stale by=2d" (`mockpki faults`).',
    ),
    click.option("--crl", multiple=True, metavar="FAULT", help="A fault of the CRL publisher."),
    click.option("--revoke", is_flag=True, help="The certificate is revoked."),
    click.option("--must-staple", is_flag=True, help="The certificate asks for a staple (RFC 7633)."),
    click.option("--key-type", metavar="TYPE", help="Of all keys, such as RSA-2048. (Else: P-256.)"),
)  # fmt: skip


_OPTIONS = {"/ocsp": "--ocsp", "/crl": "--crl", "/tls_servers": "--staple"}


def explain_wish(problem: Problem, names: str) -> click.UsageError:
    """*problem*, which is about a body of `Wish.make_body`, in the words of the command line.

    *names* is where the names of the certificate are typed.
    """
    pointer, options = problem.pointer or "", {**_OPTIONS, "/certificates": names}
    option = next((option for start, option in options.items() if pointer.startswith(start)), None)
    sentence = f"{option}: {problem.detail}" if option else problem.detail
    return click.UsageError(sentence if sentence.endswith(("?", ".")) else f"{sentence}.")
