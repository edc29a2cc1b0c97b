"""What makes clients trust a root: contexts, and variables for programs."""

import ssl

import pytest

from mockpki import PKI
from mockpki._ca.trust import PEM_VARIABLES, add_trust, make_environ
from mockpki._pkix.pkcs12 import WRITES_TRUSTSTORES


def test_contexts_of_two_libraries() -> None:
    """Both take the root, and anything else is a TypeError. What they verify is tested where they connect."""
    with PKI() as pki:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        add_trust(context, pki.root.certificate)
        assert context.get_ca_certs(binary_form=True) == [pki.root.der]
        with pytest.raises(TypeError, match=r"configure_trust\(\) takes an ssl.SSLContext or an OpenSSL"):
            add_trust("context", pki.root.certificate)


@pytest.mark.skipif(
    not WRITES_TRUSTSTORES, reason="the installed cryptography writes no trust store for Java"
)
def test_variables_lead_to_the_two_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but Java's hold the PEM's path; Java's options name the trust store, its kind and its password."""
    monkeypatch.delenv("JAVA_TOOL_OPTIONS", raising=False)
    with PKI() as pki:
        variables = pki.environ()
        assert {variables.pop(name) for name in PEM_VARIABLES} == {pki.ca_file}
        assert list(variables) == ["JAVA_TOOL_OPTIONS"]
        assert f'"-Djavax.net.ssl.trustStore={pki.truststore_file}"' in variables["JAVA_TOOL_OPTIONS"]
        assert '"-Djavax.net.ssl.trustStoreType=PKCS12"' in variables["JAVA_TOOL_OPTIONS"]
        assert '"-Djavax.net.ssl.trustStorePassword=mockpki"' in variables["JAVA_TOOL_OPTIONS"]


@pytest.mark.parametrize(("before", "begins"), [("", '"-Djavax'), ("-Xss1m", '-Xss1m "-Djavax')])
def test_javas_own_options_stay(monkeypatch: pytest.MonkeyPatch, before: str, begins: str) -> None:
    """What the variable says already stands in front of ours."""
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", before)
    assert make_environ("ca.pem", "a folder/trust.p12")["JAVA_TOOL_OPTIONS"].startswith(begins)


def test_without_a_trust_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the installed cryptography writes none, all variables but Java's are there."""
    monkeypatch.setattr("mockpki._ca.trust.WRITES_TRUSTSTORES", False)
    with PKI() as pki:
        assert pki.environ() == dict.fromkeys(PEM_VARIABLES, pki.ca_file)
