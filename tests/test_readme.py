"""The README is true: its list of faults is current, and its examples work."""

import ast
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPResponse, load_der_ocsp_response

import mockpki
from mockpki import PKI, relying_party
from mockpki._catalogue.readme import BEGIN, refresh_list
from tests.kit import mail
from tests.kit.plain_server import plain_server

README = Path(mockpki.__file__).parent.parent / "README.md"

if not README.exists():
    pytest.skip("this is not a checkout", allow_module_level=True)

TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_the_list_is_current() -> None:
    """What stands between the two marks is what the code says today."""
    assert refresh_list(TEXT) == TEXT, f"run the command in: {BEGIN}"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_every_block_is_python(block: str) -> None:
    """Each block can be compiled."""
    compile(block, "README.md", "exec")


MY_CLIENT = """
from datetime import timedelta
from urllib.parse import urlsplit
import ssl
from dataclasses import replace
from mockpki import relying_party

def get(url, verify, timeout=10):
    '''Asks the responder that the certificate names, rejects what is revoked, and else goes on.'''
    policy = replace(
        relying_party.SOFT_FAIL, sources=("OCSP",), timeout=timedelta(seconds=timeout)
    )
    where = urlsplit(url)
    verdict = relying_party.check(where.hostname, where.port, ca=verify, policy=policy)
    if not verdict.accepted:
        raise ssl.SSLError(str(verdict))
"""


EVERYWHERE = MY_CLIENT.replace(', sources=("OCSP",)', "")
"""The same, but it looks at staples and CRLs, too."""

OPTIONS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:asyncio")


def test_the_first_example_runs(pytester: pytest.Pytester) -> None:
    """With a client that checks by OCSP and fails softly, both of its tests pass."""
    first = BLOCKS[0].replace("timeout=5", "timeout=0.5")
    pytester.makepyfile(my_client=MY_CLIENT, test_example=f"import my_client\n{first}")
    result = pytester.runpytest_subprocess(*OPTIONS, "-W", "error")
    result.assert_outcomes(passed=len(re.findall(r"^def test_", first, re.MULTILINE)))


def test_the_first_example_tests_the_client(pytester: pytest.Pytester) -> None:
    """With a client that never checks, the test of the revoked certificate fails."""
    careless = MY_CLIENT.replace('sources=("OCSP",)', "sources=()")
    assert careless != MY_CLIENT
    pytester.makepyfile(my_client=careless, test_example=f"import my_client\n{BLOCKS[0]}")
    result = pytester.runpytest_subprocess(*OPTIONS, "-k", "test_revoked_is_rejected")
    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines("*DID NOT RAISE*SSLError*")


def test_scenarios_run(pytester: pytest.Pytester) -> None:
    """The example of scenarios passes with a client that keeps the policy, and fails with another one."""
    (block,) = [block for block in BLOCKS if "def test_revocation(scenario)" in block]
    block = block.replace('policy="hard-fail"', 'policy="hard-fail", only="ocsp-[gr]*"')
    hard = EVERYWHERE.replace("SOFT_FAIL", "HARD_FAIL")
    for client, outcome in ((hard, {"passed": 9}), (EVERYWHERE, {"passed": 6, "failed": 3})):
        pytester.makepyfile(my_client=client, test_example=f"import my_client\n{block}")
        result = pytester.runpytest_subprocess(*OPTIONS, "-W", "error")
        result.assert_outcomes(**outcome)


MAIL = """
import smtplib
import ssl

def send(host, port, ca_file):
    '''Trusts the CA, and looks at no source.'''
    with smtplib.SMTP(host, port, timeout=10) as mail:
        mail.starttls(context=ssl.create_default_context(cafile=ca_file))
        if mail.noop()[0] != 250:
            raise ssl.SSLError("no answer")
"""


def test_mail_runs(pytester: pytest.Pytester) -> None:
    """A client of SMTP goes through scenarios by the example, to a handler or to a server without TLS.

    One that looks at no source keeps no-check, and hard-fail only where all say good. One that sends in the
    clear is not judged.
    """
    (block,) = [block for block in BLOCKS if "before_tls=" in block]
    block = f"from mockpki import scenarios\nimport my_client\n{block}"
    block = block.replace('"hard-fail"', '"no-check", only=["ocsp-good", "ocsp-revoked"]')
    with plain_server(mail.speak) as behind:
        pytester.makepyfile(
            my_client=MAIL,
            in_the_clear=MAIL.replace("mail.starttls", "dict"),
            test_handled=block,
            test_forwarded=block.replace("handler=smtp", f"forward_to={behind}"),
            test_hard=block.replace("no-check", "hard-fail"),
            test_clear=block.replace("my_client", "in_the_clear"),
        )
        result = pytester.runpytest_subprocess(*OPTIONS, "-W", "error", "-rA")
    result.assert_outcomes(passed=5, failed=3)
    result.stdout.fnmatch_lines_random(
        [
            *(f"PASSED test_{name}.py*ocsp-revoked*" for name in ("handled", "forwarded")),
            "PASSED test_hard.py*ocsp-good*",
            "*ocsp-revoked: the policy demands reject, and the client did accept*",
            "*ocsp-good: not judged: it completed no TLS handshake*",
            *(f"FAILED test_clear.py*{name}*" for name in ("ocsp-good", "ocsp-revoked")),
        ]
    )


def test_staplers_run(pytester: pytest.Pytester) -> None:
    """The example of staplers shows a bare handshake, a stapled one, and what an outage leaves."""
    (block,) = [block for block in BLOCKS if "staplers.NGINX" in block]
    pytester.makepyfile(my_client=EVERYWHERE, test_example=f"import my_client\n{block}")
    result = pytester.runpytest_subprocess(*OPTIONS, "-W", "error", "-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*an answer is being fetched*nobody waits for it", "cached, good until *", "*the answer ended *"]
    )


def test_publishing_runs(pytester: pytest.Pytester) -> None:
    """The example of CRLs passes with a client that reads them, and fails with one that asks OCSP alone."""
    (block,) = [block for block in BLOCKS if "due_in" in block]
    for client, outcome in ((EVERYWHERE, {"passed": 1}), (MY_CLIENT, {"failed": 1})):
        pytester.makepyfile(my_client=client, test_example=f"import my_client\n{block}")
        pytester.runpytest_subprocess(*OPTIONS, "-W", "error").assert_outcomes(**outcome)


def test_one_pki_for_many_tests_runs(pytester: pytest.Pytester) -> None:
    """By the recipe for conftest.py tests share a PKI, and each finds it clean."""
    (block,) = [block for block in BLOCKS if "pki_factory" in block]
    pytester.makeconftest(block)
    pytester.makepyfile(
        """
        import urllib.request
        from mockpki import faults
        SEEN = []

        def test_first(pki):
            SEEN.append(pki)
            urllib.request.urlopen(pki.crl.url).close()
            pki.crl.respond_with(faults.Refused())

        def test_second(pki):
            assert SEEN == [pki] and len(pki.cas) == 3
            pki.crl.assert_not_asked()
            urllib.request.urlopen(pki.crl.url).close()
        """
    )
    pytester.runpytest_subprocess(*OPTIONS, "-W", "error").assert_outcomes(passed=2)


def test_unittest_runs(pytester: pytest.Pytester) -> None:
    """By the recipe a class of unittest has a PKI; its test passes with a client that asks, else fails."""
    (block,) = [block for block in BLOCKS if "unittest." in block]
    careless = MY_CLIENT.replace('sources=("OCSP",)', "sources=()")
    for client, outcome in ((MY_CLIENT, {"passed": 1}), (careless, {"failed": 1})):
        pytester.makepyfile(my_client=client, test_example=f"import my_client\n{block}")
        pytester.runpytest_subprocess(*OPTIONS, "-W", "error").assert_outcomes(**outcome)


def defined(block: str) -> list[str]:
    """The names of the classes that a block defines."""
    return [node.name for node in ast.parse(block).body if isinstance(node, ast.ClassDef)]


def test_a_fault_of_your_own(pki: PKI) -> None:
    """The example of one's own fault makes OCSP answers, staples and CRLs a year older, and no others."""
    [block] = [block for block in BLOCKS if defined(block) and "faults" in block]
    made: dict[str, Any] = {}
    exec(block, made)
    fault = made[defined(block)[0]]()
    leaf = pki.issue_cert("localhost")

    def is_old(answer: OCSPResponse | x509.CertificateRevocationList) -> bool:
        this_update = (
            answer.last_update_utc
            if isinstance(answer, x509.CertificateRevocationList)
            else answer.this_update_utc
        )
        assert this_update is not None
        return pki.clock.now() - this_update >= timedelta(days=365)

    for bent in ((), (fault,)):
        assert is_old(load_der_ocsp_response(pki.ocsp.response_for(leaf, *bent))) == bool(bent)
        assert is_old(x509.load_der_x509_crl(pki.crl.crl(*bent))) == bool(bent)
        with pki.tls_server(leaf, staple=list(bent)) as server:
            verdict = relying_party.check(server.host, server.port, server_name="localhost", ca=pki.ca_file)
        assert verdict.staple is not None
        assert is_old(load_der_ocsp_response(verdict.staple)) == bool(bent)
