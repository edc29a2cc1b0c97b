"""Alerts: what they are called, and which a client sent."""

import ssl

from mockpki._tls.alerts import alert_name
from tests.kit.tls_clients import each_version
from tests.tls.certificates import GOOD
from tests.tls.clients import OpenSSLClient, PythonClient, connected, each_transport, pump, start


@each_transport
@each_version
class TestAlerts:
    def test_unknown_ca(self, transport: str, version: str) -> None:
        """A client that does not trust the CA says unknown_ca; its twin above trusts."""
        client, session = OpenSSLClient(version, trust=None), start(transport)
        pump(client, session)
        assert client.error is not None
        assert (session.alert, session.established, session.closed) == ("unknown_ca", False, True)
        assert session.error == "the client ended the connection with the alert unknown_ca"
        assert session.staple_sent == GOOD
        assert session.version == version

    def test_unknown_ca_by_python(self, transport: str, version: str) -> None:
        """So does Python's ssl."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.maximum_version = ssl.TLSVersion[version.replace(".", "_")]
        client, session = PythonClient(context), start(transport)
        pump(client, session)
        assert client.error is not None
        assert session.alert == "unknown_ca"

    def test_staple_refused(self, transport: str, version: str) -> None:
        """A client that does not like the staple says bad_certificate_status_response."""
        client, session = OpenSSLClient(version, accept=False), start(transport)
        pump(client, session)
        assert session.alert == "bad_certificate_status_response"
        assert not session.established

    def test_close_before_establishment(self, transport: str, version: str) -> None:
        """A close_notify in the middle of the handshake counts as an alert."""
        client, session = OpenSSLClient(version), start(transport)
        client.receive(b"")
        session.receive(client.pending())
        assert session.receive(b"\x15\3\3\0\2\1\0") == b""
        assert (session.alert, session.established, session.closed) == ("close_notify", False, True)
        assert session.error == "the client ended the connection with the alert close_notify"

    def test_reason_before_close(self, transport: str, version: str) -> None:
        """A close_notify after an alert that says why does not hide it."""
        client, session = OpenSSLClient(version), start(transport)
        client.receive(b"")
        session.receive(client.pending())
        session.receive(b"\x15\3\3\0\2\1\x5a")
        session.receive(b"\x15\3\3\0\2\1\0")
        assert (session.alert, session.established, session.closed) == ("user_canceled", False, True)

    def test_after_establishment(self, transport: str, version: str) -> None:
        """Damaged ciphertext ends an established connection with bad_record_mac."""
        client, session = connected(transport, version)
        client.connection.send(b"hello")
        damaged = bytearray(client.pending())
        damaged[-1] ^= 1
        assert session.receive(bytes(damaged)) == b""
        assert session.established
        assert (session.closed, session.alert_sent) == (True, "bad_record_mac")
        assert session.error is not None
        session.send(b"dropped")
        session.close()
        session.eof()
        assert session.receive(b"more") == b""
        client.receive(session.pending())
        assert client.error is not None


class TestNames:
    def test_alert_names(self) -> None:
        """Alerts have RFC 8446's names, and unheard-of ones a number."""
        assert alert_name(0) == "close_notify"
        assert alert_name(111) == "certificate_unobtainable"
        assert alert_name(113) == "bad_certificate_status_response"
        assert alert_name(255) == "alert_255"
