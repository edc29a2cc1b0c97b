"""What was seen of a client: by the TLS server, by the responder, the publisher, and beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..._services.evidence import Request, count_in_words
from ..._tls.handshake import Handshake


@dataclass(frozen=True)
class Asked:
    """The requests *about* another certificate of the chain: ``"leaf"``, or ``"CA above"``."""

    about: str
    ocsp: tuple[Request, ...]
    crl: tuple[Request, ...]


@dataclass(frozen=True)
class Seen:
    """What the server and the services saw of a client.

    *ocsp* and *crl* are the requests that concerned the certificate that the scenario is *about*, the
    ``"leaf"`` or the ``"intermediate"``; *others* are those about the rest of its chain. *crlite* are those
    for filters.
    """

    handshakes: tuple[Handshake, ...]
    ocsp: tuple[Request, ...]
    crl: tuple[Request, ...]
    others: tuple[Asked, ...] = ()
    about: str = "leaf"
    crlite: tuple[Request, ...] = ()
    crl_file: bool = False
    """Whether the client was given the CRLs as a file, where nobody sees it look."""
    files_alone: bool = False
    """Whether it was given a certificate, and no address: it need not come to have judged that."""
    whole_chain: bool = True
    """Whether the server sent all that leads to the root."""
    ca_issuers: tuple[Request, ...] = ()
    """The requests for the certificate of the CA above the leaf."""
    party: str = "client"
    """Who was seen: a client, or a ``"server"`` that checks client certificates."""
    refusals: tuple[str, ...] = ()
    """How a server refused that sent no alert, such as ``HTTP 400``."""

    @property
    def looked_at(self) -> frozenset[str]:
        """The sources that the client looked at for the certificate that the scenario is about."""
        return self._sources(self.ocsp, self.crl) | ({"CRLite"} if self.crlite else set())

    @property
    def asked(self) -> frozenset[str]:
        """The sources that the client looked at, by their names in a policy.

        In a scenario about the intermediate, what was asked about the leaf counts, too. What was asked
        about CAs above the certificate in question is in *others*, and in the text.
        """
        leaf = [other for other in self.others if other.about == "leaf"]
        return self.looked_at.union(*(self._sources(other.ocsp, other.crl) for other in leaf))

    def _sources(self, ocsp: Sequence[Request], crl: Sequence[Request]) -> frozenset[str]:
        staple = any(shake.staple_requested for shake in self.handshakes)
        looked = {"staple": staple, "OCSP": bool(ocsp), "CRL": bool(crl) or self.crl_file}
        return frozenset(source for source, did in looked.items() if did)

    @property
    def alerts(self) -> tuple[str, ...]:
        """The alerts that the client sent; close_notify, a good-bye, is none."""
        return tuple(one.alert for one in self.handshakes if one.alert and one.alert != "close_notify")

    @property
    def resumed(self) -> bool:
        """Whether any handshake went on with an earlier session."""
        return any(shake.resumed for shake in self.handshakes)

    @property
    def completed(self) -> bool:
        """Whether any handshake was."""
        return any(shake.completed for shake in self.handshakes)

    def __bool__(self) -> bool:
        if self.files_alone:
            return True
        asked = any(other.ocsp or other.crl for other in self.others)
        return bool(self.handshakes or self.ocsp or self.crl or self.crlite or asked)

    def __str__(self) -> str:
        none = "no TLS connection came" + (": it was given files alone" if self.files_alone else "")
        lines = [f"  {shake}" for shake in self.handshakes] or [f"  {none}"]
        lines.extend(
            self._describe_requests("OCSP", self.ocsp, [(one.about, one.ocsp) for one in self.others])
        )
        lines.extend(self._describe_requests("CRL", self.crl, [(one.about, one.crl) for one in self.others]))
        lines.extend(["  CRL: handed out as a file"] if self.crl_file else [])
        if self.ca_issuers or not self.whole_chain:
            lines.extend(self._describe_requests("caIssuers", self.ca_issuers, []))
        if self.crlite:
            lines.extend(self._describe_requests("CRLite", self.crlite, []))
        return "\n".join(lines)

    def _describe_requests(
        self, what: str, requests: Sequence[Request], others: Sequence[tuple[str, Sequence[Request]]]
    ) -> Iterator[str]:
        """What was asked about whom. Where nothing was about others, it need not be said about whom."""
        asked = [(about, some) for about, some in others if some]
        about = f" about the {self.about}" if asked or self.about != "leaf" else ""
        about = "" if what == "CRLite" else about
        rows = ((about, requests), *((f" about the {one}", some) for one, some in asked))
        for whom, some in rows:
            yield f"  {what}{whom}: {'asked ' + count_in_words(len(some)) if some else 'not asked'}"
            yield from (f"    {request}" for request in some[:5])
