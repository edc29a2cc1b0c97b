"""What callers send, field by field: the same types are the bodies of calls and the tables of a file.

Names are those of the functions of Python that they end in: `PKI`, `CA.issue_cert`, `PKI.tls_server`. A field
that is left out is what it is there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

# It ends with the end of the text: "$" is also before a last line feed.
_NAME = r"^[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]{0,199}(?![\s\S])"
_SERIAL = "^[0-9A-Fa-f]{1,3500}$"
PATTERNS = {
    _NAME: "up to 200 characters, without slashes and control characters, and no dot in front",
    _SERIAL: "up to 3,500 hexadecimal digits",
}
"""What a text has to be, in words."""
Name = Annotated[
    str,
    Meta(
        pattern=_NAME,
        description="What the caller calls it, in the place of its id: without a slash, and no dot in front.",
    ),
]
Time = Annotated[datetime, Meta(tz=True, description="RFC 3339, with its offset from UTC.")]
Duration = Annotated[
    str,
    Meta(
        description="With its unit: ISO 8601 (`PT0.25S`), or `2d`, `10min`, `250ms`, `48h0m0s`.",
        examples=["2d", "PT0.25S"],
    ),
]
Count = Annotated[int, Meta(ge=0)]
Octets = Annotated[str, Meta(description="DER, in base64.")]
Serial = Annotated[str, Meta(pattern=_SERIAL, description="A serial number, hexadecimal.")]
FAULT = "#/components/schemas/Fault"
AnyFault = Annotated[Any, Meta(extra_json_schema={"$ref": FAULT})]
Faults = Annotated[
    list[Any],
    Meta(
        max_length=32,
        description="Each a text, as `mockpki faults` takes it, or an object. None: honest.",
        extra_json_schema={"items": {"$ref": FAULT}},
        examples=[["Stale by=2d"], [{"fault": "HttpStatus", "code": 503}]],
    ),
]
Answers = Annotated[
    list[Any],
    Meta(
        description="Of each answer in turn its faults; `[]` is an honest one.",
        extra_json_schema={"items": {"type": "array", "items": {"$ref": FAULT}}},
        examples=[[["Stale by=2d"], ["HttpStatus 503"], []]],
    ),
]
Staple = Annotated[
    Any,
    Meta(
        description="`honest`; `none` or null; a list of faults; `{der}`; `{policy}`, with fields of it.",
        extra_json_schema={
            "anyOf": [
                {"enum": ["honest", "none", None]},
                {"type": "array", "items": {"$ref": FAULT}, "maxItems": 32},
                {"type": "object", "properties": {"der": {"type": "string"}}, "required": ["der"]},
                {"type": "object", "properties": {"policy": {"type": "string"}}, "required": ["policy"]},
                {
                    "type": "object",
                    "properties": {"faults": {"type": "array", "items": {"$ref": FAULT}}},
                    "required": ["faults"],
                },
            ]
        },
        examples=["honest", ["Stale by=1d"], {"policy": "nginx"}],
    ),
]
Policy = Annotated[
    Any,
    Meta(
        description="A client's policy: its name, with fields behind it or not; or `{policy}`, with fields.",
        extra_json_schema={
            "anyOf": [
                {"type": "string"},
                {"type": "object", "properties": {"policy": {"type": "string"}}, "required": ["policy"]},
            ]
        },
        examples=["hard-fail", "hard-fail,whole_chain=no", {"policy": "soft-fail", "sources": ["OCSP"]}],
    ),
]
Reason = Annotated[str, Meta(description="Of RFC 5280 section 5.3.1.", examples=["key_compromise"])]
Urls = list[str]
Key = Annotated[str, Meta(description="A private key of one's own, PEM.")]


class Body(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What comes as an object, of known fields and no others."""


class Extension(Body):
    """An extension of a certificate: its OID, and its value in base64, as DER."""

    oid: str
    value: Octets
    critical: bool = False


class IssueCert(Body):
    """A certificate, as `CA.issue_cert` issues it."""

    identities: list[str] = []
    name: Name | None = None
    ca: str | None = None
    must_staple: bool = False
    not_before: Time | None = None
    not_after: Time | None = None
    key_type: str | None = None
    key: Key | None = None
    client: bool = False
    csr: Annotated[str, Meta(description="A certificate request, PEM.")] | None = None
    serial_number: Serial | None = None
    common_name: str | None = None
    subject: Annotated[str, Meta(description="RFC 4514.", examples=["CN=billing,O=Example"])] | None = None
    ocsp_urls: Urls | None = None
    crl_urls: Urls | None = None
    ca_issuers_urls: Urls | None = None
    extensions: list[Extension] = []
    logged: bool | None = None
    logged_at: Time | None = None
    faults: Faults = []
    status: Literal["good", "revoked", "on_hold", "unknown"] = "good"
    reason: Reason | None = None
    at: Time | None = None
    invalidity_date: Time | None = None


class Der(Body):
    """A certificate that this server need not know."""

    der: Octets


Above = str | Der


class TlsServer(Body):
    """A TLS server, as `PKI.tls_server` makes it; `issue` has a leaf made for each SNI name."""

    certificates: list[str] = []
    name: Name | None = None
    issue: bool = False
    staple: Staple = "honest"
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    alpn: list[str] | None = None
    minimum_version: str = "TLSv1.2"
    maximum_version: str = "TLSv1.3"
    client_ca: Annotated[str | list[str], Meta(description="A CA by its id, or several.")] = []
    client_certificate_required: bool = False
    refuse_clients: str | None = None
    forward_to: Annotated[str, Meta(description="HOST:PORT", examples=["127.0.0.1:5432"])] | None = None
    resumption: bool = False
    chain: Annotated[list[Above], Meta(description="CAs and certificates by their ids, or DER.")] | None = (
        None
    )


class Sequence(Body):
    """A sequence of `mockpki.sequences`, by its name: `EveryNth` has n and faults, `FirstN` per_client, too,
    `Flapping` up, down and faults, `Mix` alternatives and a seed."""

    sequence: Literal["EveryNth", "FirstN", "Flapping", "Mix"]
    n: Count | None = None
    up: Count | None = None
    down: Count | None = None
    per_client: bool | None = None
    faults: Faults | None = None
    alternatives: Answers | None = None
    seed: Count | None = None


class Service(Body):
    """What a service is set to at the start."""

    faults: Faults = []
    to: Annotated[dict[str, Faults], Meta(description="By certificate, what is about it alone; OCSP.")] = {}
    script: Answers = []
    sequence: Sequence | None = None


class Adopted(Body):
    """A CA of one's own, which is taken over instead of being made: PEM both."""

    certificate: str
    private_key: str


class MakeCa(Body):
    """A CA, as `CA.create_child_ca` makes it; or `adopt`, as `CA.adopt_child_ca` does, which has parent, name
    and publishes beside it."""

    parent: str | None = None
    name: Name | None = None
    adopt: Adopted | None = None
    key_type: str | None = None
    key: Key | None = None
    must_staple: bool = False
    not_before: Time | None = None
    not_after: Time | None = None
    name_of: str | None = None
    subject: str | None = None
    ocsp_urls: Urls | None = None
    crl_urls: Urls | None = None
    ca_issuers_urls: Urls | None = None
    publishes: str | None = None
    faults: Faults = []


class Revoke(Body):
    """Why and since when; what is left out is `unspecified`, and ten minutes ago."""

    reason: Reason = "unspecified"
    at: Time | None = None
    invalidity_date: Time | None = None


class Range(Body):
    """Serial numbers from the first to the last."""

    first: Serial
    last: Serial


class Targets(Body):
    """Whom it is about: certificates by id or name, CAs too, and serial numbers."""

    certificates: list[str] = []
    serial_numbers: list[Serial] = []
    serial_range: Range | None = None


class RevokeMany(Targets):
    """The same, with why and since when."""

    reason: Reason = "unspecified"
    at: Time | None = None
    invalidity_date: Time | None = None


class Authority(Body):
    """What the services of a CA are set to at the start, and what it has revoked, issued or not."""

    ocsp: Service | None = None
    crl: Service | None = None
    ca_issuers: Service | None = None
    revoked: list[RevokeMany] = []


class MakePki(Body):
    """A PKI, as `PKI` makes it, and what is to be in it: one call sets up a whole test."""

    name: Name | None = None
    depth: Annotated[int, Meta(ge=0, le=100)] = 1
    key_type: str = "P-256"
    delegated: bool = False
    responder_id: str = "key"
    root: Adopted | None = None
    publishes: str | None = None
    ago: Duration | None = None
    logged: bool = False
    scts: Annotated[int, Meta(ge=1, le=100)] = 2
    ca_not_before: Time | None = None
    ca_not_after: Time | None = None
    ttl: Annotated[str, Meta(description="How long it lives, if no one closes it.")] | None = None
    advertise: str | None = None
    clock: Annotated[Duration, Meta(description="How far it is ahead, once all is made.")] | None = None
    cas: list[MakeCa] = []
    certificates: list[IssueCert] = []
    ocsp: Service | None = None
    crl: Service | None = None
    ca_issuers: Service | None = None
    crlite: Annotated[Service | None, Meta(description="That of filters; takes logged.")] = None
    authorities: Annotated[
        dict[str, Authority],
        Meta(description="By CA: root, ca, or a name in cas. ocsp, crl and ca_issuers are those of ca."),
    ] = {}
    tls_servers: list[TlsServer] = []


class SetClock(Body):
    """How far the PKI's clock is to be ahead of the system's; negative, behind."""

    offset: Duration


class ShiftClock(Body):
    """How much further it is to go."""

    by: Duration


class SetFaults(Body):
    """The faults that are in force from now on; `[]` is honest."""

    faults: Faults


class SetScript(Body):
    """The next answers, each a list of faults."""

    answers: Answers


class SetStaple(Body):
    """What is stapled from now on."""

    staple: Staple


class Settle(Body):
    """How long to wait, in real time, for the fetches that are under way."""

    timeout: Duration | None = None


class AssertAsked(Body):
    """Of which certificate, or file of the service of filters, and how often: left out, at least once; 0,
    never."""

    certificate: str | None = None
    file: Annotated[str, Meta(examples=["manifest.json"])] | None = None
    times: Count | None = None


class MakeAnswer(Body):
    """An OCSP response without a socket: about whom, with which faults."""

    certificate: str
    faults: Faults = []
    hash_algorithm: str = "sha1"
    nonce: Octets | None = None


class MakeCrl(Body):
    """A CRL without a socket: of several, that which covers a certificate; or the delta to it."""

    certificate: str | None = None
    delta: bool = False
    faults: Faults = []


class MakeStage(Body):
    """A scenario, by its name, and the policy that the client has.

    *given* are the fields of the target that the client uses. What is not among them is not made, and whoever
    uses `crl_file` is not expected to be seen fetching. Left out: all is made.
    """

    scenario: str
    policy: Policy = "hard-fail"
    given: list[str] | None = None


class Visit(Body):
    """What the client did: whether it went on, null for no verdict, and what it said."""

    accepted: bool | None
    detail: Annotated[str, Meta(max_length=10_000)] = ""


class PublishFilters(Body):
    """The next filters, as `CRLite.publish` publishes them: deltas to those before, or `full` ones."""

    full: bool = False
    coverage_ends: Time | None = None
    channel: Literal["default", "compat"] | None = None
