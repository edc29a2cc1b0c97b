"""The route table as a whole."""

import ssl
import urllib.request

from mockpki._serve.table import TABLE
from tests.kit.serving import Served


def test_the_story_of_a_test_by_calls(served: Served) -> None:
    """A PKI, a certificate, a TLS server and a client that trusts it, a revocation, and the end."""
    pki = served.make_pki(name="story")
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"]}, 201)
    server = served.ask("POST", f"{pki}/tls_servers", {"certificates": [leaf["id"]]}, 201)
    trusting = ssl.create_default_context(cadata=served.ask("GET", "/v1/pkis/story")["ca_pem"])
    with urllib.request.urlopen(server["url"], context=trusting) as answer:
        assert answer.status == 200
    [shake] = served.ask("GET", f"{pki}/tls_servers/{server['id']}/handshakes?wait=5s")["handshakes"]
    assert shake["completed"]
    revoked = served.ask("POST", f"{pki}/certificates/{leaf['id']}/revoke", {"reason": "key_compromise"})
    assert (revoked["status"]["status"], revoked["status"]["reason"]) == ("revoked", "key_compromise")
    served.ask("POST", f"{pki}/check", status=204)
    served.ask("DELETE", pki)
    assert "was closed" in served.refuse("GET", pki, status=410)["detail"]


def test_no_call_is_there_twice() -> None:
    """Each row has a method and a path of its own."""
    assert len({(route.method, route.path) for route in TABLE}) == len(TABLE) > 50
