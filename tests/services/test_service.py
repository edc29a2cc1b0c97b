"""What all services share, without a PKI, a port or a thread: a request in, an answer out, evidence kept."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from mockpki import faults
from mockpki._clock import Clock
from mockpki._exchange.http import HttpRequest
from mockpki._exchange.steps import Finish, Listening, Send
from mockpki._problems import Problems
from mockpki._services.files import CertificateFile

GET = HttpRequest("GET", "/ca.crt", (("Host", "test"),), client="127.0.0.1:5")


@pytest.fixture
def problems() -> Problems:
    """What went wrong meanwhile."""
    return Problems()


@pytest.fixture
def service(problems: Problems) -> CertificateFile:
    """The simplest of services."""
    return CertificateFile("file under test", Clock(), problems, b"the file")


@dataclass(frozen=True)
class Raises(faults.Transport):
    """Fails on the way out."""

    def __call__(self, honest: Any) -> Any:
        raise ZeroDivisionError("on the way out")


def test_without_a_port_there_is_no_url(service: CertificateFile) -> None:
    """Until it is attached to one, and then the URL is that of the port, with the service's path."""
    assert repr(service) == "<file under test at no port>"
    with pytest.raises(ValueError, match="the file under test has no URL: it was never given a port"):
        service.url  # noqa: B018
    service.attach("http://127.0.0.1:1", lambda listening: None, lambda: None)
    assert service.url == "http://127.0.0.1:1/ca.crt"
    assert repr(service) == "<file under test at http://127.0.0.1:1/ca.crt>"


def test_a_request_becomes_steps_and_evidence(service: CertificateFile) -> None:
    """One answer, sent at once; kept alive or closed as the request asks."""
    [sent] = service.handle(GET)
    assert isinstance(sent, Send)
    assert sent.data.endswith(b"\r\n\r\nthe file")
    assert service.handle(GET._replace(keep_alive=False))[-1] == Finish()
    first, second = service.requests
    assert (first.asked, first.wire, first.faults) == (GET, (sent,), ())
    assert first.inquiry.request.client == first.client == "127.0.0.1:5"
    assert second.wire[-1] == Finish()
    assert service.wait_for_request(0) is first


def test_the_answer_itself_goes_to_wsgi(service: CertificateFile) -> None:
    """The same answer without a wire, and the same evidence."""
    with service.respond_with(faults.HttpStatus(404)):
        answer = service.answer(GET)
    assert answer.status == 404
    assert service.requests[-1].answer is answer
    assert service.answer(GET).body == b"the file"
    service.assert_asked(times=2)


@pytest.mark.parametrize("fault", [faults.Reset(), faults.Refused(), faults.Chunked()], ids=repr)
def test_what_wsgi_cannot_do(service: CertificateFile, fault: Any) -> None:
    """A fault of the connection, of the port or of HTTP's framing is refused, and the client saw nothing."""
    with service.respond_with(fault), pytest.raises(ValueError, match="use the service's own port for it"):
        service.answer(GET)
    assert service.requests == []


def test_an_error_is_an_answer_and_a_problem(service: CertificateFile, problems: Problems) -> None:
    """Also one on the way out: HTTP 500 is sent and kept as evidence, and the test is told where it was."""
    with service.respond_with(Raises()):
        [sent] = service.handle(GET)
    assert isinstance(sent, Send)
    assert sent.data.startswith(b"HTTP/1.1 500 ")
    assert b"mockpki: ZeroDivisionError in the test's own fault: on the way out\n" in sent.data
    [request] = service.requests
    assert (request.answer.status, request.faults) == (500, (Raises(),))
    [error] = problems.take()
    assert error.__notes__ == ["mockpki: raised in the file under test while it answered with [Raises()]"]


def test_a_method_that_it_does_not_take(service: CertificateFile) -> None:
    """RFC 9110 section 15.5.6: HTTP 405 with Allow, and a sentence."""
    answer = service.answer(GET._replace(method="PUT"))
    assert (answer.status, answer.header("Allow")) == (405, "GET, HEAD")
    assert answer.body == b"mockpki: the file under test takes GET, HEAD, not PUT\n"


def test_reset_opens_the_port_and_empties_the_record(service: CertificateFile) -> None:
    """The port is told only of what changes, and it is quiet before the record is emptied."""
    told: list[object] = []
    service.attach("http://test", told.append, lambda: told.append("settled"))
    service.respond_with(faults.Refused())
    service.handle(GET)
    service.reset()
    assert told == [Listening(accepting=False), Listening(), "settled"]
    assert service.requests == []
    with pytest.raises(TimeoutError):
        service.wait_for_request(timedelta(0))


def test_a_closed_service_has_evidence_and_nothing_else(service: CertificateFile) -> None:
    """It waits for no port any more, and takes no faults."""
    service.attach("http://test", lambda listening: None, lambda: pytest.fail("there is nobody to wait for"))
    service.handle(GET)
    service.close()
    assert len(service.requests) == 1
    with pytest.raises(ValueError, match="the file under test is closed; faults can only be set while"):
        service.respond_with(faults.Garbage())
