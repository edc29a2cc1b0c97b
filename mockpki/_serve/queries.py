"""What stands behind the question mark of a call, field by field."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from .bodies import Body, Count, Duration


class PolicyOnly(Body):
    """What one policy demands, as a text; left out, what each of the six does."""

    policy: str | None = None


class After(Body):
    """Which of what happened: numbered above `after`, at most `limit`; `wait` for the first of them."""

    after: Annotated[int, Meta(ge=-1_000_000)] = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000
    wait: Duration | None = None


class WhichEvents(Body):
    """Those of one PKI, by its id or name; left out, all. `after` is what Last-Event-ID is, for pages that
    begin again: an EventSource sends no headers of theirs."""

    pki: str | None = None
    after: Count | None = None


class RequestsAfter(After):
    """The same, about one certificate alone."""

    certificate: str | None = None


class OfChannel(Body):
    """Filters of one of the two channels."""

    channel: Literal["default", "compat"] = "default"


class WhichFaults(Body):
    """Those `for` an answer, such as ocsp, staple, crl, ca_issuers or certificate; those of one layer."""

    target: Annotated[str | None, Meta(examples=["ocsp"])] = field(name="for", default=None)
    layer: str = ""


class WithParameters(Body):
    """Parameters as they are typed, and what the fault is given to."""

    target: Annotated[str | None, Meta(examples=["ocsp"])] = field(name="for", default=None)
    parameters: Annotated[str, Meta(max_length=4096, examples=["by=2d"])] = field(name="with", default="")


class Password(Body):
    """What the file is to be opened with."""

    password: Annotated[str, Meta(min_length=1)] = "mockpki"  # noqa: S105 - nothing here is a secret


class EnvFormat(Body):
    """As lines for a shell, or as JSON."""

    format: Literal["sh", "json"] = "sh"


class Entrance(Body):
    """The token, with which a browser may open the console; it is a cookie from then on."""

    token: str | None = None
