"""Policies by name, and as they are typed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki import PKI, relying_party, scenarios
from mockpki.relying_party import (
    CLIENTS,
    HARD_FAIL,
    MUST_STAPLE,
    NAMED,
    NO_CHECK,
    RFC5280,
    SOFT_FAIL,
    Policy,
    named,
)

SECOND = timedelta(seconds=1)


def test_names() -> None:
    """A name finds the policy that has it, as people write it; a policy is itself."""
    assert {name: named(name) for name in (*NAMED, *CLIENTS)} == {**NAMED, **CLIENTS}
    assert named("Hard_Fail") is HARD_FAIL
    assert named("openssl-crl_check_all") is CLIENTS["openssl-crl-check-all"]
    own = Policy(sources=("CRL",))
    assert named(own) is own


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("hard-fial", "hard-fail"),
        ("jdk-soft-fial", "jdk-soft-fail"),
        ("firefox-ocsp", "firefox-ocsp-"),
    ],
)
def test_no_such(name: str, near: str) -> None:
    """A name that there is not is told, with those that are near."""
    with pytest.raises(LookupError, match=f"there is no policy '{name}'; .*{near}"):
        named(name)


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        *NAMED.items(),
        ("HARD_FAIL", HARD_FAIL),
        ("hard-fail,sources=OCSP+CRL", replace(HARD_FAIL, sources=("OCSP", "CRL"))),
        ("hard-fail, sources = crl+Staple", replace(HARD_FAIL, sources=("CRL", "staple"))),
        ("soft-fail,sources=none", NO_CHECK),
        ("hard-fail,whole_chain=no,unknown-rejects=FALSE",
         replace(HARD_FAIL, whole_chain=False, unknown_rejects=False)),
        ("soft-fail,honour_must_staple=yes,unknown_rejects=true", MUST_STAPLE),
        ("soft-fail,timeout=2s,clock_skew=1.5min,max_age=7d",
         replace(SOFT_FAIL, timeout=2 * SECOND, clock_skew=90 * SECOND, max_age=timedelta(days=7))),
        ("soft-fail,max_age=none", SOFT_FAIL),
        ("soft-fail,sources=crlite+staple+ocsp,filter_confirms=yes,filter_max_age=2d",
         replace(SOFT_FAIL, sources=("CRLite", "staple", "OCSP"), filter_confirms=True,
                 filter_max_age=timedelta(days=2))),
        ("hard-fail,use_deltas=yes,extended-crls=yes", RFC5280),
    ],
)  # fmt: skip
def test_parsed(text: str, policy: Policy) -> None:
    """A name is that policy; fields after it vary it."""
    assert named(text) == policy


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        ("hard-fial", LookupError, "there is no policy 'hard-fial'; did you mean hard-fail"),
        ("", LookupError, "there is no policy ''"),
        ("sources=OCSP", ValueError, "begins with the name of one, such as hard-fail,sources=OCSP"),
        (
            "hard-fail,sorces=OCSP",
            LookupError,
            "no field 'sorces'; did you mean sources or sourceless_passes or sourceless_rejects?",
        ),
        ("hard-fail,xyzzy=1", LookupError, "no field 'xyzzy'; there are sources, whole_chain, "),
        ("hard-fail,", ValueError, "'' in the policy 'hard-fail,' varies nothing"),
        ("hard-fail,whole_chain", ValueError, "'whole_chain' in the policy 'hard-fail,whole_chain' varies"),
        ("hard-fail,whole_chain=maybe", ValueError, "whole_chain of a policy is yes or no; got 'maybe'"),
        ("hard-fail,sources=OSCP", ValueError, "'OSCP' is no source of a policy; write some of staple"),
        ("hard-fail,sources=CRL+CRL", ValueError, "each source stands once"),
        ("hard-fail,timeout=2", ValueError, "timeout of a policy is a duration such as 5s, 10min, 2h or 1d"),
        ("hard-fail,timeout=PT-5S", ValueError, "timeout of a policy is a duration"),
        ("hard-fail,timeout=none", ValueError, "timeout of a policy is a duration"),
        ("hard-fail,hard_fail=no,hard_fail=no", ValueError, "hard_fail stands twice"),
        ("staple-required,sources=OCSP", ValueError, "require_staple needs 'staple' first"),
    ],
)
def test_mistakes(text: str, kind: type[Exception], sentence: str) -> None:
    """What cannot be a policy is an error whose sentence names it, and what is near."""
    with pytest.raises(kind) as caught:
        named(text)
    assert sentence in str(caught.value)


def test_wherever_a_policy_is_taken(pki: PKI) -> None:
    """The text that a prompt takes is taken in Python, too."""
    text = "hard-fail,sources=CRL"
    expected = replace(HARD_FAIL, sources=("CRL",))
    assert scenarios.cases(text, only="crl-good")[0].policy == expected
    leaf = pki.issue_cert("localhost")
    assert relying_party.judge([leaf.der, pki.ca.der], crls=[pki.crl.crl()], policy=text).accepted
    with pki.tls_server(leaf) as server:
        verdict = relying_party.check(
            server.host, server.port, ca=pki.ca_file, server_name="localhost", policy=text
        )
    assert {one.source for one in verdict.fetched} == {"CRL"}
    with pytest.raises(LookupError, match="a policy has no field 'source'; did you mean sources"):
        scenarios.parametrize("hard-fail,source=CRL")
