"""A scenario on a live PKI: where the client is sent, and what is seen of it."""

import inspect
import socket
import ssl
import urllib.request
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import AuthorityInformationAccessOID

from mockpki import PKI, relying_party, scenarios
from mockpki._pkix.keys import KeyType
from mockpki._pkix.pkcs12 import WRITES_TRUSTSTORES
from mockpki._validation.ocsp import write_request
from mockpki.relying_party import HARD_FAIL
from mockpki.relying_party import _fetch as fetch
from mockpki.scenarios import Case, Seen, staged
from tests.kit.authorities import key
from tests.kit.plain_server import plain_server
from tests.kit.reference_client import by_name, reference


def ask(context: ssl.SSLContext, host: str, port: int, server_name: str) -> None:
    """A handshake, and a question that the server answers."""
    with (
        socket.create_connection((host, port), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname=server_name) as tls,
    ):
        tls.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
        tls.recv(1)


def look_at_the_chain(host: str, port: int, server_name: str, ca_file: str) -> None:
    """A client that trusts the root, and looks at no revocation."""
    context = ssl.create_default_context(cafile=ca_file)
    ask(context, host, port, server_name)


class TestSeen:
    def test_nothing(self) -> None:
        """Nobody who came is nothing, and is told so."""
        seen = Seen((), (), ())
        assert not seen
        assert not seen.completed
        assert (seen.asked, seen.alerts) == (frozenset(), ())
        assert str(seen) == "  no TLS connection came\n  OCSP: not asked\n  CRL: not asked"

    def test_where_the_certificate_leads(self, pki: PKI) -> None:
        """A target has the URLs of the scenario's certificate: one that is dead, and then the live one."""
        with Case(by_name("ocsp-first-url-dead"), HARD_FAIL).staged(pki) as stage:
            (target,) = stage.visits()
            assert target.ocsp_url == pki.dead_url
            assert relying_party.responders(stage.leaf.certificate) == (pki.dead_url, stage.issuer.ocsp.url)
            assert target.crl_url == ""

    def test_about_the_intermediate(self, pki: PKI) -> None:
        """The certificate that an intermediate scenario is about is the leaf's issuer."""
        with Case(by_name("intermediate-ocsp-revoked"), HARD_FAIL).staged(pki) as stage:
            assert stage.subject is stage.leaf.issuer
            assert stage.issuer is not stage.subject
        with Case(by_name("ocsp-revoked"), HARD_FAIL).staged(pki) as stage:
            assert stage.subject is stage.leaf
            assert stage.issuer is stage.leaf.issuer


def test_the_example_runs() -> None:
    """By the example of `staged` a client of Redis that looks at nothing keeps no-check, not hard-fail."""
    lines = [line[4:] for line in (inspect.getdoc(staged) or "").splitlines() if line.startswith("    ")]
    told: list[bytes] = []

    def redis(sock: socket.socket) -> None:
        told.append(sock.recv(64))
        sock.sendall(b"+PONG\r\n")

    def connect(host: str, port: int, ca_file: str) -> bool:
        context = ssl.create_default_context(cafile=ca_file)
        with (
            socket.create_connection((host, port), timeout=10) as raw,
            context.wrap_socket(raw, server_hostname=host) as tls,
        ):
            tls.sendall(b"PING\r\n")
            return tls.recv(64) == b"+PONG\r\n"

    for policy, ok in (("no-check", True), ("hard-fail", False)):
        with plain_server(redis) as behind:
            example = "\n".join(lines).replace('("127.0.0.1", 6379)', str(behind))
            names: dict[str, Any] = {
                **vars(scenarios), "PKI": PKI, "connect": connect,
                "scenario": by_name("ocsp-revoked"), "policy": relying_party.named(policy),
            }  # fmt: skip
            exec(example, names)
        assert names["result"].ok == ok, str(names["result"])
    assert told == [b"PING\r\n"] * 2


class TestWhoeverItWasAbout:
    """What was asked is told, whichever certificate of the chain it was about."""

    LEAF_ALONE = replace(HARD_FAIL, whole_chain=False)

    @pytest.mark.parametrize("name", ["intermediate-ocsp-revoked", "intermediate-crl-stale"])
    def test_the_leaf(self, name: str) -> None:
        """In a scenario about the intermediate, a client that asks about the leaf alone has asked."""
        policy = replace(self.LEAF_ALONE, sources=("OCSP",))
        seen = Case(by_name(name), policy).check(reference(policy)).seen
        assert seen.asked == {"OCSP"}
        assert not seen.looked_at
        assert not seen.ocsp
        ((about, (question,), crl),) = ((one.about, one.ocsp, one.crl) for one in seen.others)
        assert (about, crl) == ("leaf", ())
        assert question.serials
        text = str(seen)
        assert "  OCSP about the intermediate: not asked\n  OCSP about the leaf: asked once\n" in text
        assert text.endswith("  CRL about the intermediate: not asked")

    def test_it_is_no_reason_to_reject(self) -> None:
        """Who was told of the intermediate must have looked there, and not at the leaf."""
        strict = replace(HARD_FAIL, sources=("OCSP",))
        case = Case(by_name("intermediate-ocsp-revoked"), strict)

        def connect(host: str, port: int, ca_file: str, server_name: str) -> bool:
            leaf_alone = reference(replace(self.LEAF_ALONE, sources=("OCSP",)))
            assert leaf_alone(host, port, ca_file, server_name).accepted
            came.append(port)
            return len(came) == 1

        came: list[int] = []
        with pytest.raises(AssertionError, match=r"without having looked at what told it to \(OCSP\)"):
            case.check(connect)

    def test_the_ca_above(self, pki: PKI) -> None:
        """In a scenario about the leaf, what was asked about its CA is told, and is no look at the leaf."""
        policy = replace(HARD_FAIL, sources=("CRL", "OCSP"))
        for _ in range(2):
            seen = Case(by_name("crl-good"), policy).check(reference(policy), pki=pki).seen
            assert seen.asked == seen.looked_at == {"CRL"}
            assert [(one.about, len(one.ocsp), len(one.crl)) for one in seen.others] == [("CA above", 0, 1)]
            assert "  OCSP: not asked\n  CRL about the leaf: asked once\n" in str(seen)
            assert "  CRL about the CA above: asked once\n" in str(seen)

    def test_a_client_that_asks_about_the_leaf_alone_came(self) -> None:
        """Who was seen at the leaf's responder, and nowhere else, was there."""

        def ask(cert_file: str, issuer_file: str, ocsp_url: str) -> None:
            leaf, issuer = (
                x509.load_pem_x509_certificate(Path(path).read_bytes()) for path in (cert_file, issuer_file)
            )
            fetch.ask(ocsp_url, write_request(leaf, issuer), timedelta(seconds=5))

        seen = Case(by_name("intermediate-ocsp-revoked"), replace(self.LEAF_ALONE)).check(ask).seen
        assert not seen.handshakes
        assert seen.asked == {"OCSP"}
        assert seen


class TestStage:
    def test_by_hand(self, pki: PKI) -> None:
        """A client can be driven by hand, visit by visit."""
        case = Case(by_name("ocsp-recovers"), replace(HARD_FAIL, sources=("OCSP",)))
        with case.staged(pki) as stage:
            verdicts = []
            for target in stage.visits():
                where = target.host, target.port, target.ca_file, target.server_name
                verdicts.append(reference(case.policy)(*where).accepted)
            assert verdicts == [False, True]
            assert stage.seen.asked == {"OCSP"}
            assert len(stage.seen.handshakes) == len(stage.seen.ocsp) == 1
            assert len(stage.server.connections) == 2

    def test_intermediate(self, pki: PKI) -> None:
        """A CA's certificate can be issued with URLs of one's own, and with none."""
        child = pki.root.create_child_ca(ocsp_urls=[], crl_urls=["http://127.0.0.1:9/x.crl"])
        text = child.certificate.extensions
        assert "http://127.0.0.1:9/x.crl" in str(text)
        assert pki.root.ocsp.url not in str(text)
        wrong: Any = "http://127.0.0.1:9/"
        with pytest.raises(TypeError, match="takes a list of URLs"):
            pki.root.create_child_ca(ocsp_urls=wrong)


def judge_by_file(host: str, port: int, server_name: str, ca_file: str, crl_file: str) -> None:
    """A client that fetches nothing: it goes by the CRLs that it is given, for the whole chain."""
    context = ssl.create_default_context(cafile=ca_file)
    context.load_verify_locations(cafile=crl_file)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN
    ask(context, host, port, server_name)


FILED = (
    "crl-good", "crl-revoked", "crl-hold", "crl-stale", "crl-early", "crl-bad-signature", "crl-wrong-signer",
    "crl-refused", "crl-http-500", "crl-silent", "crl-slow", "crl-unresolvable", "intermediate-good",
    "intermediate-crl-revoked", "intermediate-crl-stale", "intermediate-crl-refused",
)  # fmt: skip


class TestFiles:
    """What a client is given as files."""

    def test_a_client_that_is_given_its_crls(self, pki: PKI) -> None:
        """It keeps the policy in every situation of the CRL, and is not blamed for asking nobody."""
        policy = relying_party.Policy(sources=("CRL",), hard_fail=True)
        for name in FILED:
            result = Case(by_name(name), policy).check(judge_by_file, pki=pki)
            assert result.seen.crl == ()
            assert "CRL: handed out as a file" in str(result.seen)

    def test_one_that_is_given_none_has_not_looked(self, pki: PKI) -> None:
        """The same verdict of a client without the file has come from elsewhere."""

        calls = []

        def guess(host: str, port: int, server_name: str, ca_file: str) -> bool:
            look_at_the_chain(host, port, server_name, ca_file)
            calls.append(port)
            return len(calls) == 1

        case = Case(by_name("crl-revoked"), relying_party.Policy(sources=("CRL",), hard_fail=True))
        with pytest.raises(
            AssertionError, match=r"rejected without having looked at what told it to \(CRL\)"
        ):
            case.check(guess, pki=pki)

    def test_what_java_takes(self, pki: PKI) -> None:
        """The root as a trust store, and key and chain of the leaf; nothing of a key that cannot be in it."""
        with Case(by_name("crl-good"), HARD_FAIL).staged(pki) as stage:
            (target,) = stage.visits()
            assert bool(target.truststore) is WRITES_TRUSTSTORES
            if target.truststore:
                store = pkcs12.load_pkcs12(Path(target.truststore).read_bytes(), b"mockpki")
                assert [one.certificate for one in store.additional_certs] == [pki.root.certificate]
            _, own, above = pkcs12.load_key_and_certificates(Path(target.p12_file).read_bytes(), b"mockpki")
            assert (own, *above) == stage.leaf.chain
            assert Path(target.crl_file).exists()
        assert not Path(target.crl_file).exists()
        key(KeyType.MLDSA44)  # skips where there is none
        with PKI(key_type="ML-DSA-44") as other, Case(by_name("crl-good"), HARD_FAIL).staged(other) as stage:
            assert stage.target.p12_file == ""


class TestChain:
    """A server that does not send all that it should."""

    def test_the_ca_above_has_to_be_fetched(self, pki: PKI) -> None:
        """Whoever fetches it accepts and is seen to; whoever does not rejects, and neither is blamed."""
        case = Case(by_name("intermediate-not-sent"), HARD_FAIL)

        def fetch_first(host: str, port: int, server_name: str, ca_file: str, cert_file: str) -> None:
            context = ssl.create_default_context(cafile=ca_file)
            # A leaf whose CA is given needs none from the server; its own URL says where that is.
            leaf = x509.load_pem_x509_certificate(Path(cert_file).read_bytes())
            access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
            (url,) = (
                one.access_location.value
                for one in access
                if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
            )
            with urllib.request.urlopen(url) as answer:
                context.load_verify_locations(cadata=answer.read())
            ask(context, host, port, server_name)

        rejected = case.check(look_at_the_chain, pki=pki)
        assert (rejected.outcome.accepted, rejected.seen.alerts) == (False, ("unknown_ca",))
        assert "caIssuers: not asked" in str(rejected)
        fetched = case.check(fetch_first, pki=pki)
        assert (fetched.outcome.accepted, len(fetched.seen.ca_issuers)) == (True, 1)
        assert "caIssuers: asked once" in str(fetched)
        # Where the chain is complete the same client has no excuse.
        whole = Case(by_name("staple-good"), HARD_FAIL)
        assert whole.check(look_at_the_chain, pki=pki, evidence=False).outcome.accepted
