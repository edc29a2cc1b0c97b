"""What callers are answered, field by field.

Serial numbers and ids are lower-case hexadecimal texts: as numbers of JSON, 160 bits would be lost in Node,
Go and jq. Times are RFC 3339 in UTC, durations ISO 8601, octets base64. A field that says nothing is null.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

TEXT = {"type": "string"}
Time = Annotated[datetime, Meta(tz=True, description="RFC 3339, in UTC.")]
AnyFaults = Annotated[
    list[Any],
    Meta(
        description="Each with its parameters as they are sent, and with the text that people type for it.",
        extra_json_schema={
            "items": {
                "type": "object",
                "properties": {"fault": TEXT, "text": TEXT},
                "required": ["fault", "text"],
            }
        },
    ),
]


class Shape(Struct, kw_only=True):
    """What is answered as an object."""


class Problem(Shape, omit_defaults=True):
    """What went wrong (RFC 9457). *pointer* leads to the value in the body (RFC 6901), *suggestions* are near
    names."""

    type: str
    title: str
    status: int
    detail: str
    pointer: str | None = None
    suggestions: list[str] = []
    problems: list[str] = []


class ProblemType(Shape):
    """What a type of problem means, and its HTTP status."""

    status: int
    meaning: str


class Health(Shape):
    """That the server is there; *uptime* is in seconds."""

    status: str
    version: str
    api: str
    pkis: int
    uptime: float


class Clock(Shape):
    """The time that a PKI goes by, and how far it is ahead of the system's."""

    now: Time
    offset: str


class Ca(Shape):
    """A CA. The URLs are those of its services; *crl_url* is null for one that has several CRLs."""

    id: str
    name: str | None
    common_name: str
    issuer: str | None
    serial_number: str
    certificate: Annotated[str, Meta(description="PEM.")]
    cert_file: str
    publishes: str
    ocsp_url: str
    crl_url: str | None
    ca_issuers_url: str
    status: Status | None


class Pki(Shape):
    """A PKI. *ca_file* is a path on the machine of the server, *ca_pem* what stands there."""

    id: str
    name: str | None
    ca_file: str
    ca_pem: str
    truststore_file: str
    cas: list[Ca]
    clock: Clock
    certificates: list[str]
    tls_servers: list[str]
    crlite_url: str | None
    """Where CRLite's filters are; null unless certificates are logged."""


class Pkis(Shape):
    """All that are open."""

    pkis: list[Pki]


class Filter(Shape):
    """A filter of CRLite. A delta has a *parent*; *coverage_ends* is null where it covers nothing."""

    name: str
    url: str
    channel: str
    parent: str | None
    published: Time
    coverage_ends: Time | None
    size: int


class Filters(Shape):
    """What a new client fetches now: the last full filter, and the deltas since, oldest first."""

    filters: list[Filter]


class Found(Shape):
    """What a client with all filters finds: `good`, `revoked`, `not covered`, `not enrolled`, `expired`."""

    status: str


class Cas(Shape):
    """Those of one PKI, the root first."""

    cas: list[Ca]


class Status(Shape):
    """What became of a certificate: `good`, `revoked`, `on_hold` or `unknown`."""

    status: str
    reason: str | None
    at: Time | None
    invalidity_date: Time | None


class Certificate(Shape):
    """A certificate, with its key unless it came from a request. The files are on the server's machine."""

    id: str
    name: str | None
    ca: str
    identities: list[str]
    serial_number: str
    status: Status
    certificate: Annotated[str, Meta(description="PEM.")]
    chain: Annotated[str, Meta(description="PEM, the leaf first, without the root.")]
    private_key: Annotated[str | None, Meta(description="PEM, PKCS #8.")]
    cert_file: str
    chain_file: str
    key_file: str | None
    not_before: Time | None
    not_after: Time | None


class Certificates(Shape):
    """Those of one PKI, in the order in which they were issued."""

    certificates: list[Certificate]


class Problems(Shape):
    """What there was to say, a sentence each."""

    problems: list[str]


class Service(Shape):
    """A service: *faults* for all, *to* those for one certificate each; *asked* since the last reset.

    *url* is null where there are several CRLs: then each certificate names its own.
    """

    url: str | None
    faults: AnyFaults
    to: dict[str, AnyFaults]
    script_left: int
    sequence: str | None
    asked: int
    last: int
    dropped: int


class Answer(Shape):
    """How a request was answered: its HTTP status (null: none went out), and the steps on the wire."""

    status: int | None
    honest: bool
    faults: AnyFaults
    steps: list[str]
    size: int


class Request(Shape):
    """A request, as it came and as it was answered. *nonce* is hexadecimal."""

    number: int
    time: Time
    client: str
    method: str
    path: str
    headers: dict[str, str]
    certificates: list[str]
    hash_algorithm: str | None
    nonce: str | None
    signed: bool
    error: str | None
    text: str
    answer: Answer


class Requests(Shape):
    """Those asked for; *last* is the number to read on from, *dropped* counts those not kept any more."""

    requests: list[Request]
    last: int
    dropped: int


class TlsServer(Shape):
    """A TLS server. For a name that leads elsewhere, connect to *host* and *port*, and give it as SNI."""

    id: str
    name: str | None
    host: str
    port: int
    url: str
    server_name: str | None
    certificates: list[str]
    staple: Any
    connections: int


class TlsServers(Shape):
    """Those of one PKI."""

    tls_servers: list[TlsServer]


class Handshake(Shape):
    """A connection to a TLS server, as far as it got, and when it came. *staple* is base64."""

    number: int
    time: Time
    client: str
    server_name: str | None
    version: str | None
    alpn: str | None
    staple_requested: bool
    staple: str | None
    staple_reason: str | None
    completed: bool
    resumed: bool
    alert: str | None
    alert_sent: str | None
    error: str | None
    certificate: str | None
    client_certificate: Annotated[str | None, Meta(description="PEM.")]
    requests: int
    closed: bool
    text: str


class EventData(Shape, omit_defaults=True):
    """What an event says: where it was, what became of that, and the document that shows it."""

    pki: str | None = None
    ca: str | None = None
    service: str | None = None
    server: str | None = None
    state: str | None = None
    document: Any = None


class Handshakes(Shape):
    """Those asked for; *last* is the number to read on from, *dropped* counts those not kept any more."""

    handshakes: list[Handshake]
    last: int
    dropped: int


class StaplerEvent(Shape):
    """What a stapler did, and when, by the PKI's clock. *name* is the certificate's first."""

    number: int
    time: Time
    name: str
    kind: str
    detail: str


class Stapler(Shape):
    """What a stapler did so far, counted and one by one; *last* is the number to read on from."""

    due: Time | None
    stats: dict[str, float]
    events: list[StaplerEvent]
    last: int


class Target(Shape):
    """Where the client has to go, and what it needs there: paths on the server's machine, and the root."""

    url: str
    host: str
    port: int
    server_name: str
    ca_file: str
    ca_pem: str
    truststore: str
    cert_file: str
    chain_file: str
    issuer_file: str
    p12_file: str
    crl_file: str
    ocsp_url: str
    crl_url: str
    crlite_url: str


class Stage(Shape):
    """A scenario, what the policy demands and why; where the client has to go, or whether it did that."""

    id: str
    scenario: str
    sentence: str
    policy: Any
    expected: Annotated[str, Meta(description="`accept`, `reject` or `either`.")]
    why: str
    target: Target | None
    ok: bool | None
    message: str | None


class Stages(Shape):
    """Those of one PKI."""

    stages: list[Stage]


class Demand(Shape):
    """What a policy demands, `accept`, `reject` or `either`, and why."""

    verdict: str
    why: str


class Scenario(Shape):
    """A situation, and what is demanded in it, by the name of the policy."""

    name: str
    sentence: str
    expected: dict[str, Demand]


class Scenarios(Shape):
    """All of them; *control* is where nothing is wrong, and comes before."""

    control: Scenario
    scenarios: list[Scenario]


class Visited(Shape):
    """Either where the client has to go next, or whether it kept its policy, and a report on it."""

    next: Target | None
    ok: bool | None
    message: str | None
