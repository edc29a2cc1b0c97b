"""What OpenSSL alone does: post-quantum keys, client certificates, contexts that are kept."""

from dataclasses import replace

import pytest
from OpenSSL import SSL

from mockpki._tls.openssl import OpenSSLServer, OpenSSLSession, new_context
from mockpki._tls.session import Presentation
from tests.kit.tls_clients import each_version
from tests.tls.certificates import ASKING, CA, CHAIN, GOOD, HONEST, OTHER, ROOT, issue, leaf, response
from tests.tls.clients import OpenSSLClient, connected, pump, start


class TestDecision:
    def test_refused_by_openssl_server(self) -> None:
        """OpenSSL is never given a staple it would change."""
        with pytest.raises(ValueError, match="use tlslite"):
            OpenSSLServer().session(replace(HONEST, staples=(GOOD + b"x",)))


class TestOpenSSL:
    def test_ml_dsa(self) -> None:
        """A post-quantum key signs TLS 1.3 handshakes."""
        subject = leaf("ML-DSA-44")
        staple = response(subject)
        shown = Presentation((subject.der, CA.der), subject.key, (staple,))
        client, _ = connected("openssl", "TLSv1.3", shown)
        assert client.staple == staple

    def test_contexts_are_kept(self) -> None:
        """A context serves every staple, until too many others were used since."""
        server = OpenSSLServer(size=2)

        def used(presentation: Presentation) -> SSL.Context:
            session = server.session(presentation)
            assert isinstance(session, OpenSSLSession)
            return session._connection.get_context()

        first = used(HONEST)
        assert used(replace(HONEST, staples=())) is first
        second = used(replace(HONEST, alpn=("h2",)))
        assert second is not first
        assert used(HONEST) is first
        used(replace(HONEST, alpn=("h3",)))
        assert used(HONEST) is first
        assert used(replace(HONEST, alpn=("h2",))) is not second

    def test_wrong_key(self) -> None:
        """A key that is not the certificate's is refused at once."""
        with pytest.raises(ValueError, match="OpenSSL cannot use this certificate or key"):
            new_context(replace(HONEST, private_key=OTHER.key))

    def test_freed(self) -> None:
        """A session that is let go does not wait for the garbage collector."""
        import gc
        import weakref

        client, session = connected("openssl")
        inner = weakref.ref(session)
        gc.collect()
        gc.disable()
        try:
            del session
            assert inner() is None
        finally:
            gc.enable()
        assert client.established


CLIENT = issue("client", CA, ca=False)
STRANGER = issue("stranger", issue("another root"), ca=False)
REQUIRING = replace(ASKING, client_certificate_required=True)


@each_version
class TestClientCertificates:
    @pytest.mark.parametrize("shown", [ASKING, REQUIRING], ids=["asked", "required"])
    def test_given(self, version: str, shown: Presentation) -> None:
        """A client certificate is checked and told."""
        client, session = OpenSSLClient(version, identity=CLIENT), start("openssl", shown)
        pump(client, session)
        assert session.established, session.error
        assert session.client_certificate == CLIENT.der
        asked = client.connection.get_client_ca_list()
        assert [name.CN for name in asked] == ["intermediate", "root"]

    def test_optional(self, version: str) -> None:
        """A client asked for a certificate may have none."""
        client, session = OpenSSLClient(version), start("openssl", ASKING)
        pump(client, session)
        assert session.established
        assert session.client_certificate is None

    def test_missing(self, version: str) -> None:
        """A client without the certificate it needs is told so."""
        client, session = OpenSSLClient(version), start("openssl", REQUIRING)
        pump(client, session)
        expected = {"TLSv1.2": "handshake_failure", "TLSv1.3": "certificate_required"}[version]
        assert (session.established, session.alert_sent) == (False, expected)
        assert session.error == (
            f"OpenSSL ended the connection with {expected}: peer did not return a certificate"
        )

    def test_untrusted(self, version: str) -> None:
        """A certificate of another CA is not taken, required or not."""
        client, session = OpenSSLClient(version, identity=STRANGER), start("openssl", ASKING)
        pump(client, session)
        assert (session.established, session.alert_sent) == (False, "unknown_ca")

    @pytest.mark.parametrize("client_cas", [(), (CA.der, ROOT.der)], ids=["without", "with"])
    def test_chain_as_given(self, version: str, client_cas: tuple[bytes, ...]) -> None:
        """The trust anchors for clients do not creep into the server's chain."""
        shown = replace(HONEST, chain=CHAIN[:1], client_cas=client_cas)
        client, session = OpenSSLClient(version, trust=None), start("openssl", shown)
        client.receive(b"")
        client.connection.set_verify(SSL.VERIFY_NONE)
        pump(client, session)
        chain = client.connection.get_peer_cert_chain(as_cryptography=True)
        assert chain == [leaf().certificate]
