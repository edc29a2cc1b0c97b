"""`mockpki decode`: files of anybody's, what is fetched, and what cannot be read."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockpki import PKI, faults
from mockpki._exchange.http import url_with_question
from mockpki._pkix.pkcs12 import WRITES_TRUSTSTORES, write_p12, write_truststore
from mockpki.cli import main
from tests.kit.programs import need, run


def decode(*arguments: str, stdin: bytes = b"") -> Result:
    """`mockpki decode` with these."""
    return CliRunner().invoke(main, ["decode", *arguments], input=stdin)


@pytest.fixture(scope="module")
def pki() -> Iterator[PKI]:
    """A PKI for what is read only."""
    with PKI() as own:
        yield own


def test_files(pki: PKI, tmp_path: Path) -> None:
    """Each is shown with what it is, and signatures by who made them, when that one is among the files."""
    leaf = pki.issue_cert("localhost")
    response = tmp_path / "response.der"
    response.write_bytes(pki.ocsp.response_for(leaf))
    result = decode(str(response), leaf.chain_file, "-", stdin=pki.crl.crl())
    assert result.exit_code == 0, result.output
    heads = [line for line in result.output.splitlines() if "octets)" in line]
    assert [line.rpartition(":")[2].partition(" (")[0].strip() for line in heads] == [
        "OCSP response", "certificate", "certificate", "CRL",
    ]  # fmt: skip
    assert heads[0] == f"{response}: OCSP response (DER, {response.stat().st_size} octets)"
    assert result.output.count(f"made with the key of CN={pki.ca.common_name},O=mockpki") == 3
    assert "certStatus: good" in result.output
    # Alone, nobody knows who has signed it.
    assert "signature: made with no key known here" in decode(str(response)).output


def test_bent_ones(pki: PKI, tmp_path: Path) -> None:
    """What was cut off says by how much, and what is in the rest; as JSON, too."""
    crl = tmp_path / "cut.crl"
    crl.write_bytes(pki.crl.crl()[:-40])
    text = decode(str(crl)).output
    assert "cut off: 40 octets are missing at the end\nCertificateList\n" in text
    (one,) = json.loads(decode(str(crl), "--format", "json").output)
    assert (one["kind"], one["missing"], one["lines"][0]) == ("crl", 40, "CertificateList")
    assert one["octets"] == crl.stat().st_size
    assert "".join(f"{line}\n" for line in one["lines"]) in text


def test_urls(pki: PKI) -> None:
    """What a service answers is fetched and shown; what it does not answer, or answers by 404, is told."""
    result = decode(pki.crl.url)
    assert result.exit_code == 0
    assert f"{pki.crl.url}: CRL (DER, " in result.output
    with pki.crl.respond_with(faults.HttpStatus(503)):
        result = decode(pki.crl.url)
    assert (result.exit_code, result.output) == (
        2, f"Error: {pki.crl.url} cannot be decoded: the responder answered HTTP 503 Service Unavailable.\n",
    )  # fmt: skip
    asked = len(pki.ocsp.requests)
    result = decode(pki.dead_url, "--as", "ocsp-response")
    assert result.output == f"Error: {pki.dead_url} cannot be decoded: the connection was refused.\n"
    result = decode("https://localhost/")
    assert (result.exit_code, "only http is spoken here" in result.output) == (2, True)
    assert len(pki.ocsp.requests) == asked


def test_request_urls(pki: PKI, tmp_path: Path) -> None:
    """The request in a URL is shown offline: whoever would be asked is not."""
    leaf = pki.issue_cert("localhost")
    pki.ocsp.reset()
    der = tmp_path / "request.der"
    run(need("openssl"), "ocsp", "-issuer", pki.ca.cert_file, "-cert", leaf.cert_file, "-reqout", der)
    url = url_with_question(pki.ocsp.url, der.read_bytes())
    result = decode("--as", "request-url", url)
    assert result.exit_code == 0, result.output
    assert f"{url}: OCSP request (base64 in a URL, {der.stat().st_size} octets)\n" in result.output
    assert f"serialNumber: {leaf.serial_number:#x}" in result.output
    assert pki.ocsp.requests == []
    # Without a word, the answer at that URL is what is shown.
    assert ": OCSP response (DER, " in decode(url).output
    assert [one.serials for one in pki.ocsp.requests] == [(leaf.serial_number,)]


def test_mistakes(tmp_path: Path) -> None:
    """Each ends with 2, and says what cannot be, and why."""
    text = tmp_path / "text"
    text.write_text("hello, world")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate((16 << 20) + 1)
    for arguments, said in (
        ([str(text)], f"{text} cannot be decoded: it is no PEM, no base64 and no DER of anything known here"),
        ([str(tmp_path / "no")], f"{tmp_path / 'no'} cannot be decoded: No such file or directory."),
        ([str(tmp_path)], "cannot be decoded: Is a directory."),
        ([str(large)], "cannot be decoded: it is larger than 16 MiB."),
        (["-"], "- cannot be decoded: there is nothing in it."),
        (["--as", "crls", str(text)], "--as: 'crls' is no kind of document"),
        ([], "Missing argument"),
    ):
        result = decode(*arguments)
        assert (result.exit_code, said in result.output) == (2, True), result.output


def test_what_openssl_prints(pki: PKI) -> None:
    """A page of `openssl s_client` is read as it is: the certificates in it."""
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf) as server:
        where = f"localhost:{server.port}"
        page = run(need("openssl"), "s_client", "-connect", where, "-showcerts", input=b"Q\n").stdout
    found = json.loads(decode("-", "--format", "json", stdin=page.encode()).output)
    assert [one["kind"] for one in found] == ["certificate"] * len(found)
    assert len(found) >= 2


@pytest.mark.parametrize("password", ["mockpki", "another"])
def test_pkcs12(pki: PKI, tmp_path: Path, password: str) -> None:
    """Keys with their chains, and trust stores: each certificate, and of the key that there is one."""
    leaf, path = pki.issue_cert("localhost"), tmp_path / "leaf.p12"
    path.write_bytes(write_p12(leaf.key, leaf.certificate, [leaf.issuer.certificate], password))
    typed = [] if password == "mockpki" else ["--password", password]
    result = decode(str(path), *typed)
    assert result.exit_code == 0, result.output
    assert result.output.count(": certificate (PKCS #12") == 2
    assert result.output.count("beside a private key, which is not shown") == 1
    assert "localhost" in result.output
    if WRITES_TRUSTSTORES:
        path.write_bytes(write_truststore(pki.root.certificate, password))
        result = decode(str(path), *typed)
        assert result.output.count(": certificate (PKCS #12, mockpki") == 1
        assert "private key" not in result.output


def test_pkcs12_of_another_password(pki: PKI, tmp_path: Path) -> None:
    """It is said, and a password for what has none is refused."""
    leaf, path = pki.issue_cert("localhost"), tmp_path / "leaf.p12"
    path.write_bytes(write_p12(leaf.key, leaf.certificate, [], "another"))
    result = decode(str(path))
    assert result.exit_code == 2
    assert "PKCS #12 cannot be opened with the password 'mockpki'" in result.output
    result = decode(leaf.cert_file, "--password", "another")
    assert result.exit_code == 2
    assert "--password opens PKCS #12, and nothing here is that." in result.output
