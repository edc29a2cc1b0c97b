"""What a TLS server is given, checked before anything starts."""

from typing import Any

import pytest

from mockpki import PKI

WRONG_OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "no such version": ({"minimum_version": "TLS1.2"}, "'TLS1.2' is no version of TLS; give 'TLSv1.2'"),
    "no version left": (
        {"minimum_version": "TLSv1.3", "maximum_version": "TLSv1.2"},
        "no version of TLS is at least TLSv1.3 and at most TLSv1.2",
    ),
    "port": ({"port": 65536}, "port= of .* takes a number up to 65535, or 0 for a free one; got 65536"),
    "port as text": (
        {"port": "443"},
        "port= of .* takes a number up to 65535, or 0 for a free one; got '443'",
    ),
    "empty protocol": ({"alpn": [""]}, r"in alpn= is a text of 1 to 255 characters; got \[''\]"),
    "protocol in bytes": ({"alpn": [b"h2"]}, r"alpn= of .* takes a list of protocols, .*; got \[b'h2'\]"),
    "required without a CA": ({"client_certificate_required": True}, "needs client_ca="),
    "refusing without a CA": ({"refuse_clients": "revoked"}, "refuse_clients='revoked' needs client_ca="),
    "half an address": ({"forward_to": ("127.0.0.1",)}, r"forward_to= of .* takes a \(host, port\), such as"),
    "port in an address": ({"forward_to": ("127.0.0.1", 0)}, r"forward_to= takes a \(host, port\), such as"),
    "two takers": ({"forward_to": ("127.0.0.1", 1), "handler": print}, "give one of them"),
}


@pytest.mark.parametrize("case", WRONG_OPTIONS)
def test_what_no_server_can_do(pki: PKI, case: str) -> None:
    """Each wrong option is an error that names the value, before any server starts."""
    options, sentence = WRONG_OPTIONS[case]
    leaf = pki.issue_cert("localhost")
    with pytest.raises((TypeError, ValueError), match=sentence):
        pki.tls_server(leaf, **options)


def test_what_is_no_list_and_no_function(pki: PKI) -> None:
    """A text in place of the list of protocols would offer its letters; a handler has to be called."""
    leaf = pki.issue_cert("localhost")
    with pytest.raises(TypeError, match=r"alpn= of .* takes a list of protocols.*got 'h2'"):
        pki.tls_server(leaf, alpn="h2")
    with pytest.raises(TypeError, match="handler= takes a function that is called with a socket; got 7"):
        pki.tls_server(leaf, handler=7)  # type: ignore[arg-type]
    for wrong in ("ca.pem", 7, leaf, [pki.ca, leaf], None):
        with pytest.raises(TypeError, match=r"client_ca= of tls_server.. takes a CA or several; got "):
            pki.tls_server(leaf, client_ca=wrong)  # type: ignore[arg-type]


def test_forwarding_to_no_address(pki: PKI) -> None:
    """A name without an address is an OSError at once, and not when the first client comes."""
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the words are the resolver's
        pki.tls_server(pki.issue_cert("localhost"), forward_to=("nowhere.invalid", 80))
    assert caught.value.__notes__ == ["mockpki: forward_to=('nowhere.invalid', 80) leads to no address"]
