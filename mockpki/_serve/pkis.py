"""PKIs: made, looked at, checked, reset, closed; their clock, and the trust in them."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import msgspec

from .._ca.ca import CA
from .._pkix.pkcs12 import write_truststore
from . import bodies, queries, shapes
from .authorities import create_ca, revoke_many
from .certificates import DER, P12, PEM, issue
from .durations import read_duration
from .guard import read_host
from .hosted import FILTERS, SERVICES, Hosted, tell
from .problem import Problem, pointing_to
from .route import Call, Content, Routes
from .services import set_up_service
from .tls_servers import start_server
from .topology import Topology
from .views import show_clock, show_pki

ROUTES = Routes()
_PATH = "/v1/pkis"
_ONE = f"{_PATH}/{{pki}}"


def make(topology: Topology, body: bodies.MakePki) -> Hosted:
    """A PKI with all that *body* has in it. Where that fails, there is none."""
    return topology.make(body, lambda hosted: _fill(hosted, body))


def _fill(hosted: Hosted, body: bodies.MakePki) -> None:
    for number, ca in enumerate(body.cas):
        with pointing_to(f"/cas/{number}"):
            create_ca(hosted, ca)
    for number, certificate in enumerate(body.certificates):
        with pointing_to(f"/certificates/{number}"):
            issue(hosted, certificate)
    _set_up_services(hosted, hosted.pki.ca, body)
    for key, authority in body.authorities.items():
        with pointing_to(f"/authorities/{key}"):
            issuer = hosted.find_ca(key)
            _refuse_twice(hosted, issuer, authority, body)
            for number, revoked in enumerate(authority.revoked):
                with pointing_to(f"/revoked/{number}"):
                    revoke_many(hosted, issuer, revoked)
            _set_up_services(hosted, issuer, authority)
    if body.crlite is not None:
        with pointing_to(f"/{FILTERS}"):
            set_up_service(hosted, hosted.find_filters(), body.crlite)
    for number, server in enumerate(body.tls_servers):
        with pointing_to(f"/tls_servers/{number}"):
            start_server(hosted, server)
    if body.clock is not None:
        with pointing_to("/clock"):
            hosted.pki.clock.set(read_duration(body.clock, "clock"))


def _set_up_services(hosted: Hosted, ca: CA, body: bodies.MakePki | bodies.Authority) -> None:
    for name in SERVICES:
        settings: bodies.Service | None = getattr(body, name)
        if settings is not None:
            with pointing_to(f"/{name}"):
                set_up_service(hosted, getattr(ca, name), settings)


def _refuse_twice(hosted: Hosted, ca: CA, authority: bodies.Authority, body: bodies.MakePki) -> None:
    for name in SERVICES if ca is hosted.pki.ca else ():
        if getattr(authority, name) is not None and getattr(body, name) is not None:
            raise Problem(
                "invalid", f"{name} of the issuing CA is given twice; leave one of them out", f"/{name}"
            )


@ROUTES.add(
    "POST",
    _PATH,
    body=bodies.MakePki,
    optional=True,
    answers=shapes.Pki,
    status=201,
    refusals=("something-failed",),
    example={
        "name": "TestRevoked",
        "certificates": [{"name": "web", "identities": ["localhost"], "status": "revoked"}],
        "crl": {"faults": ["HttpStatus 503"]},
        "tls_servers": [{"certificates": ["web"], "staple": "none"}],
    },
)
def make_pki(call: Call) -> shapes.Pki:
    """Make a PKI, fresh and apart from all others: one for each test.

    `certificates`, `ocsp`, `crl`, `ca_issuers`, `crlite` and `tls_servers` set it up in the same call.
    """
    body = call.body or bodies.MakePki()
    if body.advertise is None and call.topology.everywhere:
        body = msgspec.structs.replace(body, advertise=read_host(call.request.headers["Host"]))
    return show_pki(make(call.topology, body))


@ROUTES.add("GET", _PATH, answers=shapes.Pkis)
def list_pkis(call: Call) -> shapes.Pkis:
    """All PKIs that are open, the oldest first."""
    shown = []
    for hosted in call.topology.open_pkis():
        try:
            shown.append(show_pki(hosted))
        except Exception:
            # One that is closed by another call just now is not open.
            if not hosted.closed.is_set():
                raise
    return shapes.Pkis(pkis=shown)


@ROUTES.add("GET", _ONE, answers=shapes.Pki)
def get_pki(call: Call) -> shapes.Pki:
    """A PKI: its CAs, where their services are, and what time it is there."""
    return show_pki(call.hosted)


@ROUTES.add("POST", f"{_ONE}/check", status=204, refusals=("something-failed",))
def check(call: Call) -> None:
    """Fail if something failed in the background, or a script was not used up: the end of a test."""
    _do(call.hosted, call.hosted.pki.check)


def _do(hosted: Hosted, act: Callable[[], object]) -> None:
    """*act*, and a problem of what that raises: anything that failed in the background of the PKI."""
    try:
        act()
    except BaseException as error:
        hosted.check_open()
        said = tell(error)
        raise Problem("something-failed", said[0], problems=said) from error


@ROUTES.add("POST", f"{_ONE}/reset", status=204, refusals=("something-failed",))
def reset(call: Call) -> None:
    """Begin again: services honest, records empty, the clock where it began; certificates stay."""
    call.hosted.careful.clear()
    _do(call.hosted, call.hosted.pki.reset)


@ROUTES.add("DELETE", _ONE, answers=(shapes.Problems, None))
def close(call: Call) -> shapes.Problems | None:
    """Close a PKI; its id answers 410 from then on.

    If there was still something to say, such as a script that was not used up, it is in `problems`.
    """
    said = call.topology.close(call.hosted)
    return shapes.Problems(problems=said) if said else None


# Its clock.


@ROUTES.add("GET", f"{_ONE}/clock", answers=shapes.Clock)
def get_clock(call: Call) -> shapes.Clock:
    """What time it is in the PKI."""
    return show_clock(call.hosted)


@ROUTES.add("PUT", f"{_ONE}/clock", body=bodies.SetClock, answers=shapes.Clock, example={"offset": "30d"})
def set_clock(call: Call) -> shapes.Clock:
    """Have the PKI's clock be ahead of the system's by this much."""
    with pointing_to("/offset"):
        call.hosted.pki.clock.set(read_duration(call.body.offset, "offset"))
    return show_clock(call.hosted)


@ROUTES.add(
    "POST", f"{_ONE}/clock/shift", body=bodies.ShiftClock, answers=shapes.Clock, example={"by": "P8D"}
)
def shift_clock(call: Call) -> shapes.Clock:
    """Move the PKI's clock by this much, on top of what was done before."""
    with pointing_to("/by"):
        call.hosted.pki.clock.shift(read_duration(call.body.by, "by"))
    return show_clock(call.hosted)


# Trust in it.


@ROUTES.add("GET", f"{_ONE}/roots.pem", answers=PEM)
def get_roots_pem(call: Call) -> Content:
    """The root, as PEM."""
    return Content(call.hosted.pki.root.cert_pem, PEM)


@ROUTES.add("GET", f"{_ONE}/roots.der", answers=DER)
def get_roots_der(call: Call) -> Content:
    """The root, as DER."""
    return Content(call.hosted.pki.root.der, DER)


@ROUTES.add("GET", f"{_ONE}/roots.p12", query=queries.Password, answers=P12)
def get_roots_p12(call: Call) -> Content:
    """The root as PKCS #12, which Java trusts."""
    return Content(write_truststore(call.hosted.pki.root.certificate, call.query.password), P12)


@ROUTES.add(
    "GET", f"{_ONE}/env", query=queries.EnvFormat, answers=("text/plain; charset=utf-8", dict[str, str])
)
def get_environ(call: Call) -> Content | dict[str, str]:
    """Environment variables by which programs trust the root: `eval "$(curl -s .../env)"`."""
    variables = call.hosted.pki.environ()
    if call.query.format == "json":
        return variables
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return Content("\n".join([*lines, ""]).encode(), "text/plain; charset=utf-8")
