"""What clients do by their own documentation: policies that quote it.

1. A field follows a sentence of the client's own documentation, which stands beside it in
   `ClientPolicy.says`; where that is silent, it is as in `Policy()`.
2. Nothing here was found out by trying a client: `mockpki probe` is for that.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

from ._codes import JDK, OPENSSL, WINDOWS, Codes
from ._policy import Policy, Source


@dataclass(frozen=True)
class Quotation:
    """A sentence of a client's own documentation, and where it stands."""

    sentence: str
    origin: str

    def __str__(self) -> str:
        return f'"{self.sentence}" ({self.origin})'


@dataclass(frozen=True)
class ClientPolicy(Policy):
    """A policy that the documentation of a client describes, and its sentences.

        from mockpki.relying_party import CLIENTS

        print(*CLIENTS["jdk-soft-fail"].says, sep="\\n")

    Verdicts by it have the client's own codes, `Verdict.code`.
    """

    client: str = ""
    """The client, and how it is configured."""
    says: tuple[Quotation, ...] = ()
    """The sentences that it follows."""
    codes: Codes = field(default_factory=dict, repr=False, hash=False)
    """How it tells why it rejects (`Verdict.code`)."""


_CURL = "curl(1)"

# What is neither good nor missing nor offline is no excuse under any of its options.
CURL_SCHANNEL = ClientPolicy(
    hard_fail=True,
    unknown_rejects=True,
    client="curl with Schannel",
    says=(
        Quotation(
            "this option applies only to WinSSL where we have automatic certificate revocation checking by "
            "default",
            "curl's commit that adds --ssl-no-revoke",
        ),
        Quotation(
            "revocation checking problems caused by missing information in the certificate or offline CRL "
            "distribution points [...] the Secure Channel backend will error out instead",
            "the commit of Git for Windows that uses curl's best effort, by its author",
        ),
    ),
    codes=WINDOWS,
)
CURL_BEST_EFFORT = replace(
    CURL_SCHANNEL,
    hard_fail=False,
    unusable_rejects=True,
    client="curl with Schannel and --ssl-revoke-best-effort",
    says=(
        Quotation(
            "This option tells curl to ignore certificate revocation checks when they failed due to "
            "missing/offline distribution points for the revocation check lists.",
            _CURL,
        ),
    ),
)
CURL_NO_REVOKE = ClientPolicy(
    sources=(),
    client="curl with Schannel and --ssl-no-revoke",
    says=(Quotation("This option tells curl to disable certificate revocation checks.", _CURL),),
)
GO = ClientPolicy(
    sources=(),
    client="Go's crypto/tls as it comes, which verifies by crypto/x509",
    says=(
        Quotation(
            "WARNING: this function doesn't do any revocation checking.", "crypto/x509, Certificate.Verify"
        ),
    ),
)

_OPTION = "java.security.cert.PKIXRevocationChecker.Option"
_JDK = ClientPolicy(
    sources=("staple", "OCSP", "CRL"),
    hard_fail=True,
    client="a JDK with PKIXRevocationChecker",
    says=(
        Quotation(
            "By default, OCSP is the preferred mechanism for checking revocation status, with CRLs as the "
            "fallback mechanism.",
            "java.security.cert.PKIXRevocationChecker",
        ),
        Quotation(
            "On by default, when enabled allows the client to request stapling from the server",
            "jdk.tls.client.enableStatusRequestExtension, JDK-8237486",
        ),
    ),
    codes=JDK,
)
_JDK_OPTIONS = {
    "PREFER_CRLS": "Prefer CRLs to OSCP.",
    "SOFT_FAIL": "Allow revocation check to succeed if the revocation status cannot be determined for one of "
    "the following reasons: The CRL or OCSP response cannot be obtained because of a network error. The OCSP "
    "responder returns one of the following errors specified in section 2.3 of RFC 2560: internalError or "
    "tryLater.",
    "ONLY_END_ENTITY": "Only check the revocation status of end-entity certificates.",
    "NO_FALLBACK": "Disable the fallback mechanism.",
}


def _make_jdk(*options: str) -> ClientPolicy:
    """The checker with these *options*."""
    by_ocsp: tuple[Source, ...] = ("staple", "OCSP")
    by_crl: tuple[Source, ...] = ("CRL",)
    first, second = (by_crl, by_ocsp) if "PREFER_CRLS" in options else (by_ocsp, by_crl)
    soft = "SOFT_FAIL" in options
    return replace(
        _JDK,
        sources=first if "NO_FALLBACK" in options else first + second,
        whole_chain="ONLY_END_ENTITY" not in options,
        hard_fail=not soft,
        # It lists what may pass, and these are not on the list.
        unusable_rejects=soft,
        sourceless_rejects=soft,
        unknown_rejects=soft,
        client=" ".join((_JDK.client, *(["and", ", ".join(options)] if options else ()))),
        says=(*_JDK.says, *(Quotation(_JDK_OPTIONS[option], f"{_OPTION}.{option}") for option in options)),
    )


_OPENSSL_OPTIONS = "openssl-verification-options(1)"
_OPENSSL = ClientPolicy(
    sources=("CRL",),
    whole_chain=False,
    hard_fail=True,
    client="OpenSSL with -crl_check",
    says=(
        Quotation(
            "Checks end entity certificate validity by attempting to look up a valid CRL. If a valid CRL "
            "cannot be found an error occurs.",
            _OPENSSL_OPTIONS,
        ),
    ),
    codes=OPENSSL,
)
_OPENSSL_ALL = replace(
    _OPENSSL,
    whole_chain=True,
    client="OpenSSL with -crl_check and -crl_check_all",
    says=(
        *_OPENSSL.says,
        Quotation(
            "Checks the validity of all certificates in the chain by attempting to look up valid CRLs.",
            _OPENSSL_OPTIONS,
        ),
    ),
)


def _add_flags(policy: ClientPolicy, flags: tuple[str, ...]) -> ClientPolicy:
    """*policy* with more of OpenSSL's flags."""
    sentences = {
        "use_deltas": "Enable support for delta CRLs.",
        "extended_crl": "Enable extended CRL features such as indirect CRLs and alternate CRL signing keys.",
    }
    return replace(
        policy,
        use_deltas="use_deltas" in flags,
        extended_crls="extended_crl" in flags,
        client="".join((policy.client, *(f", -{flag}" for flag in flags))),
        says=(*policy.says, *(Quotation(sentences[flag], _OPENSSL_OPTIONS) for flag in flags)),
    )


_PREFERENCES = "Mozilla's policy-templates, Preferences"
_ENABLED = Quotation(
    "If 0, do not fetch OCSP. If 1, fetch OCSP for DV and EV certificates. If 2, fetch OCSP only for EV "
    "certificates.",
    f"{_PREFERENCES}, security.OCSP.enabled",
)
FIREFOX_0 = ClientPolicy(
    sources=("staple",),
    whole_chain=False,
    honour_must_staple=True,
    client="Firefox with security.OCSP.enabled 0",
    says=(
        _ENABLED,
        Quotation(
            "If false, OCSP stapling is not enabled.",
            f"{_PREFERENCES}, security.ssl.enable_ocsp_stapling (true by default)",
        ),
        Quotation(
            "If an OCSP response is not present, the connection will fail",
            "Mozilla Security Blog on OCSP Must-Staple, 23 November 2015",
        ),
        Quotation(
            "Currently revocation of intermediate certificates is only checked during EV validation.",
            "MozillaWiki, CA:ImprovingRevocation",
        ),
    ),
)
# Certificates of a CA for tests are never EV.
FIREFOX_2 = replace(FIREFOX_0, client="Firefox with security.OCSP.enabled 2, and no EV certificates")
FIREFOX_1 = replace(FIREFOX_0, sources=("staple", "OCSP"), client="Firefox with security.OCSP.enabled 1")
FIREFOX_1_REQUIRE = replace(
    FIREFOX_1,
    hard_fail=True,
    sourceless_passes=True,
    client=f"{FIREFOX_1.client} and security.OCSP.require",
    says=(
        *FIREFOX_1.says,
        Quotation(
            "If true, if an OCSP request times out, the connection fails.",
            f"{_PREFERENCES}, security.OCSP.require",
        ),
    ),
)


def _list_clients() -> dict[str, ClientPolicy]:
    found = {
        "curl-schannel": CURL_SCHANNEL,
        "curl-schannel-revoke-best-effort": CURL_BEST_EFFORT,
        "curl-schannel-no-revoke": CURL_NO_REVOKE,
        "go": GO,
    }
    for some in _combine(*_JDK_OPTIONS):
        found[_name("jdk", some)] = _make_jdk(*some)
    for name, policy in (("openssl-crl-check", _OPENSSL), ("openssl-crl-check-all", _OPENSSL_ALL)):
        for some in _combine("use_deltas", "extended_crl"):
            found[_name(name, some)] = _add_flags(policy, some)
    return found | {
        "firefox-ocsp-0": FIREFOX_0,
        "firefox-ocsp-1": FIREFOX_1,
        "firefox-ocsp-1-require": FIREFOX_1_REQUIRE,
        "firefox-ocsp-2": FIREFOX_2,
    }


def _combine(*options: str) -> list[tuple[str, ...]]:
    """Every choice of *options*, in their order, none first."""
    return [some for size in range(len(options) + 1) for some in itertools.combinations(options, size)]


def _name(client: str, options: tuple[str, ...]) -> str:
    return "-".join((client, *options)).lower().replace("_", "-")


CLIENTS = _list_clients()
"""What clients do by their own documentation, by name: the client, and its options in the order in which that
documentation has them, such as ``"jdk-soft-fail-no-fallback"``."""
