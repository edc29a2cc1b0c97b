"""Every fault of the port, on every service."""

import errno
from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._services.service import Service
from tests.kit.asking import (
    connect,
    read_answer,
    response_status,
)
from tests.kit.endings import HOUR, SOON, ends
from tests.kit.exchanges import (
    nothing_yet,
    ordinary,
)
from tests.kit.standing_clock import ask


def test_slow_accept(pki: PKI, service: Any) -> None:
    """The connection is open and its request unread, also when the fault has gone; others are served."""
    with service.respond_with(faults.SlowAccept(HOUR)):
        waiting = connect(service.url)
        waiting.sendall(ordinary(pki, service))
        assert nothing_yet(waiting, service)
    with waiting, connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert read_answer(connection).status == 200
        assert nothing_yet(waiting, service)
        assert len(service.requests) == 1


def test_slow_accept_accepts_in_the_end(pki: PKI, service: Any) -> None:
    """Once the wait is over the request is read and answered, and the connection kept without a wait."""
    with service.respond_with(faults.SlowAccept(SOON)), connect(service.url) as connection:
        for _ in range(2):
            connection.sendall(ordinary(pki, service))
            assert read_answer(connection).status == 200
        # A client that gives up while it waits harms nobody.
        connect(service.url).close()
    assert len(service.requests) == 2


def test_slow_accept_is_for_new_connections(pki: PKI, service: Any) -> None:
    """One that is open already is answered at once, and is refused with all the others."""
    with connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert read_answer(connection).status == 200
        with service.respond_with(faults.SlowAccept(HOUR)):
            connection.sendall(ordinary(pki, service))
            assert read_answer(connection).status == 200
            with connect(service.url) as waiting, service.respond_with(faults.Refused()):
                assert {ends(connection), ends(waiting)} == {"reset"}


def test_a_port_knows_no_certificate_and_no_count(pki: PKI) -> None:
    """SlowAccept, as Refused, comes before there is a request to tell by."""
    leaf = pki.issue_cert("localhost")
    with pytest.raises(ValueError, match=r"SlowAccept.* with to=.*use faults.Reset\(\) or faults.Slow\(\)"):
        pki.ocsp.respond_with(faults.SlowAccept(), to=leaf)
    with pytest.raises(ValueError, match=r"SlowAccept.* in a script: .*cannot be counted"):
        pki.ocsp.script([faults.SlowAccept()])


# HTTP and the connection: the same for all three services.


@pytest.fixture(params=["ocsp", "crl", "ca_issuers"])
def service(request: pytest.FixtureRequest, pki: PKI) -> Service[Any]:
    """Each of the services of the issuing CA."""
    service: Service[Any] = getattr(pki.ca, request.param)
    return service


def test_refused_at_once_and_the_port_is_kept(pki: PKI, service: Any) -> None:
    """ECONNREFUSED; connections there were are torn down; the other services live; then the same port."""
    url = service.url
    services: set[Any] = {pki.ocsp, pki.crl, pki.ca.ca_issuers}
    with connect(url) as kept:
        kept.sendall(ordinary(pki, service))
        assert read_answer(kept).status == 200
        with service.respond_with(faults.Refused()):
            with pytest.raises(ConnectionResetError):
                kept.recv(1)
            for _ in range(3):
                with pytest.raises(ConnectionRefusedError) as refused:
                    connect(url)
                assert refused.value.errno == errno.ECONNREFUSED
            for other in services - {service}:
                connect(other.url).close()
    assert service.url == url
    assert len(service.requests) == 1
    with connect(url) as connection:
        connection.sendall(ordinary(pki, service))
        assert read_answer(connection).status == 200
    assert len(service.requests) == 2


def test_refused_inside_refused(pki: PKI) -> None:
    """The outer outage lasts until its own end, whatever is set and reset inside."""
    with pki.ocsp.respond_with(faults.Refused()):
        with pki.ocsp.respond_with(faults.Refused()):
            pass
        with pytest.raises(ConnectionRefusedError):
            connect(pki.ocsp.url)
        with pki.ocsp.respond_with(faults.TryLater()):
            assert response_status(ask(pki, pki.issue_cert("localhost")).body) == "try_later"
        with pytest.raises(ConnectionRefusedError):
            connect(pki.ocsp.url)
        pki.ocsp.reset()
        connect(pki.ocsp.url).close()
    connect(pki.ocsp.url).close()
