"""What is exported makes the same again, of many PKIs, and says what it cannot tell."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mockpki import PKI
from mockpki._serve.file import read_file
from mockpki._serve.route import JSON
from tests.kit.serving import Served, adoptable

DER = "MAA="
ROOT = "root"
LEAF = {"name": "web", "identities": ["localhost"]}
BODIES: dict[str, dict[str, Any]] = {
    "bare": {},
    "options": {"depth": 2, "key_type": "P-384", "delegated": True, "responder_id": "name", "ago": "3d",
                "ttl": "1h"},
    "logged": {"logged": True, "certificates": [{**LEAF, "logged": False}, {"identities": ["a.example"]}]},
    "published": {"publishes": "freeipa", "ca_not_after": "2040-01-01T00:00:00Z"},
    "certificates": {"certificates": [
        {**LEAF, "must_staple": True, "key_type": "RSA-2048", "client": True, "status": "revoked"},
        {"identities": ["b.example"], "subject": "CN=b,O=x y", "status": "on_hold", "serial_number": "AB12"},
        {"identities": ["::1"], "status": "unknown", "not_after": "2030-01-01T00:00:00Z", "ocsp_urls": []},
        {"identities": ["c.example"], "extensions": [{"oid": "1.2.3.4", "value": DER, "critical": True}]},
        {"name": "d", "ca": "root", "identities": ["d.example"], "status": "revoked", "reason": "superseded"},
    ]},
    "services": {
        "certificates": [LEAF],
        "ocsp": {"faults": ["Stale by=2d", {"fault": "NoNonce"}], "to": {"web": ["Hang"]}},
        "crl": {"sequence": {"sequence": "Flapping", "up": 2, "down": 3, "faults": ["HttpStatus 503"]}},
        "ca_issuers": {"sequence": {"sequence": "Mix", "alternatives": [[], ["Hang"]], "seed": 7}},
    },
    "CAs in faults": {
        "cas": [{"name": "one"}],
        "authorities": {"root": {"ocsp": {"to": {"ca": ["Hang"]}}, "crl": {"faults": ["NoEntry of=ca"]}}},
        "ocsp": {"to": {"one": ["Stale by=2d"]}},
    },
    "filters": {
        "logged": True,
        "certificates": [LEAF],
        "crlite": {"faults": ["NotEnrolled issuer=ca", {"fault": "Slow", "by": "PT0.25S"}],
                   "script": [["HttpStatus 503"], []]},
    },
    "filters that come and go": {
        "logged": True,
        "crlite": {"sequence": {"sequence": "EveryNth", "n": 3, "faults": ["NotEnrolled", "Truncated"]}},
    },
    "sequences": {
        "ocsp": {"sequence": {"sequence": "FirstN", "n": 2, "faults": ["Hang"], "per_client": False}},
        "crl": {"sequence": {"sequence": "EveryNth", "n": 3, "faults": ["Slow by=250ms", "HttpStatus 404"]}},
    },
    "servers": {
        "certificates": [LEAF],
        "tls_servers": [
            {"certificates": ["web"], "staple": "none", "alpn": ["http/1.1"], "resumption": True},
            {"certificates": ["web"], "staple": {"policy": "nginx"}, "client_ca": "ca",
             "refuse_clients": "revoked"},
            {"certificates": ["web"], "staple": ["Stale by=1d"], "chain": ["ca", "root"], "name": "front"},
            {"issue": True, "staple": {"faults": []}, "minimum_version": "TLSv1.3"},
            {"certificates": ["web"], "staple": {"der": DER}, "client_ca": ["root"]},
            {"certificates": ["web"], "staple": None},
        ],
    },
    "revoked": {
        "depth": 1,
        "cas": [{"name": "one"}, {"name": "two", "parent": "one"}],
        "certificates": [
            {**LEAF, "ca": "two", "status": "revoked", "reason": "superseded", "at": "2026-01-02T03:04:05Z",
             "invalidity_date": "2025-12-31T00:00:00Z"},
            {"identities": ["h.example"], "status": "on_hold", "at": "2026-02-03T00:00:00Z"},
        ],
        "authorities": {
            "root": {"crl": {"faults": ["Hang"]},
                     "revoked": [{"certificates": ["ca"], "reason": "ca_compromise"}]},
            "ca": {"revoked": [
                {"serial_range": {"first": "1000", "last": "1fff"}, "at": "2026-03-04T05:06:07Z"},
                {"serial_numbers": ["5", "77"], "reason": "key_compromise",
                 "invalidity_date": "2025-12-31T00:00:00Z"},
                {"certificates": ["one"]},
            ]},
            "two": {"ocsp": {"faults": ["Stale by=2d"], "to": {"web": ["Hang"]}},
                    "ca_issuers": {"script": [["Hang"], []]}},
        },
    },
    "authorities": {
        "clock": "400d",
        "cas": [{"name": "one"}, {"name": "two", "parent": "one", "key_type": "P-384", "must_staple": True}],
        "certificates": [{**LEAF, "ca": "two"}, {"ca": "one", "identities": ["e.example"]}],
    },
}  # fmt: skip


def export(served: Served, path: str) -> str:
    """The file."""
    reply = served.send("GET", f"{path}/toml")
    assert reply.status == 200, reply
    assert reply.headers["content-type"] == "application/toml" != JSON
    return reply.body.decode()


def again(served: Served, text: str, folder: Path) -> str:
    """The path of the PKI that a file makes, read as `mockpki serve` reads it; it is called otherwise."""
    path = folder / "again.toml"
    path.write_text(text)
    (made,) = read_file(path).fill(served.topology).values()
    return f"/v1/pkis/{made}"


def describe(served: Served, path: str) -> Any:
    """What a PKI is, without what is new in each."""
    pki = served.ask("GET", path)
    servers = served.ask("GET", f"{path}/tls_servers")["tls_servers"]
    leaves = served.ask("GET", f"{path}/certificates")["certificates"]
    names = ("ocsp", "crl", "ca_issuers", *(["crlite"] if pki["crlite_url"] else []))
    services = {name: served.ask("GET", f"{path}/{name}") for name in names}
    return (
        [(ca["name"], ca["publishes"], ca["status"] and ca["status"]["status"]) for ca in pki["cas"]],
        pki["clock"]["offset"],
        [
            (
                one["name"],
                one["identities"],
                one["status"]["status"],
                one["status"]["reason"],
                one["not_after"][:2],
            )
            for one in leaves
        ],
        [(one["name"], str(one["staple"]), len(one["certificates"])) for one in servers],
        [
            (
                re.sub("'?[0-9a-f]{30,}'?", "new", json.dumps(one["faults"])),
                list(one["to"].values()),
                one["script_left"],
                one["sequence"],
            )
            for one in services.values()
        ],
    )


@pytest.mark.parametrize("name", BODIES)
def test_it_makes_the_same_again(name: str, served: Served, tmp_path: Path) -> None:
    """The PKI that the file makes is as the first one was, and so is its own file, to the octet."""
    first = served.make_pki(**BODIES[name])
    text = export(served, first)
    assert "# Not in this file" not in text
    second = again(served, text, tmp_path)
    assert describe(served, second) == describe(served, first)
    assert export(served, second) == text
    for path in (first, second):
        served.send("DELETE", path)


def test_what_is_revoked(served: Served) -> None:
    """Times that were given are there; those of serial numbers always, in ranges where they have some."""
    path = served.make_pki(**BODIES["revoked"])
    table = tomllib.loads(export(served, path))["pki"]["default"]
    served.send("DELETE", path)
    leaf, held = table["certificates"]
    assert (leaf["at"].isoformat(), leaf["reason"]) == ("2026-01-02T03:04:05+00:00", "superseded")
    assert leaf["invalidity_date"].isoformat() == "2025-12-31T00:00:00+00:00"
    assert (held["at"].isoformat(), "reason" in held) == ("2026-02-03T00:00:00+00:00", False)
    one, two, three = table["authorities"]["ca"]["revoked"]
    assert one.pop("at").isoformat() == "2026-03-04T05:06:07+00:00"
    assert one == {"serial_range": {"first": "1000", "last": "1fff"}}
    assert (two["serial_numbers"], two["reason"]) == (["5", "77"], "key_compromise")
    assert three["certificates"] == ["one"]


def test_what_came_later_is_there(served: Served, tmp_path: Path) -> None:
    """Calls one by one make what one call does: names, revocations, scripts, staples, and the clock."""
    path = served.make_pki(name="clicked")
    served.ask("POST", f"{path}/cas", {})
    ca = served.ask("POST", f"{path}/cas", {"parent": "root"})["id"]
    leaf = served.ask("POST", f"{path}/certificates", {"identities": ["localhost"], "ca": ca})["id"]
    other = served.ask("POST", f"{path}/certificates", {"identities": ["x.example"]})["id"]
    server = served.ask("POST", f"{path}/tls_servers", {"certificates": [other], "client_ca": ca})["id"]
    served.ask("PUT", f"{path}/tls_servers/{server}/staple", {"staple": ["Stale"]})
    served.ask("POST", f"{path}/certificates/{leaf}/revoke", {"reason": "key_compromise"})
    served.ask("PUT", f"{path}/ocsp/faults/{other}", {"faults": ["Hang"]})
    served.ask("PUT", f"{path}/ocsp/script", {"answers": [["Stale by=2d"], []]})
    served.ask("POST", f"{path}/clock/shift", {"by": "36h"})
    table = tomllib.loads(export(served, path))["pki"]["clicked"]
    assert table == {
        "clock": "P1DT12H",
        "cas": [{}, {"name": "ca-1", "parent": "root"}],
        "certificates": [
            {"identities": ["localhost"], "ca": "ca-1", "status": "revoked", "reason": "key_compromise"},
            {"name": "certificate-1", "identities": ["x.example"]},
        ],
        "ocsp": {"to": {"certificate-1": ["Hang"]}, "script": [["Stale by=2d"], []]},
        "tls_servers": [{"certificates": ["certificate-1"], "client_ca": ["ca-1"], "staple": ["Stale"]}],
    }
    text = export(served, path)
    served.send("DELETE", path)
    second = again(served, text, tmp_path)
    assert export(served, second).replace('name = "ca-1"', "") == text.replace('name = "ca-1"', "")
    served.send("DELETE", second)


def test_certificates_in_faults(served: Served, tmp_path: Path) -> None:
    """What a fault refers to by its id, it refers to by its name in the file."""
    # Serial numbers of all kinds, those that look like numbers too.
    for serial in ("0123456789", "12345e67", "deadbeef", "1" * 38):
        _check_certificates_in_faults(served, serial, tmp_path)


def _check_certificates_in_faults(served: Served, serial: str, tmp_path: Path) -> None:
    path = served.make_pki(certificates=[{**LEAF, "serial_number": serial}])
    for value in ({"fault": "NoEntry", "of": "web"}, "NoEntry of=web"):
        served.ask("PUT", f"{path}/crl/faults", {"faults": [value]})
        text = export(served, path)
        assert tomllib.loads(text)["pki"]["default"]["crl"] == {"faults": ["NoEntry of=web"]}
        second = again(served, text, tmp_path)
        assert export(served, second) == text
        served.send("DELETE", second)
    served.send("DELETE", path)


def test_what_cannot_be_told(served: Served) -> None:
    """It is named in comments at the top, and private keys of CAs are never there."""
    with PKI() as other:
        own = [adoptable(ca) for ca in (other.root, other.ca)]
    path = served.make_pki(root=own[0], depth=2, cas=[{"name": "own", "parent": "root", "adopt": own[1]}])
    middle = served.ask("GET", f"{path}/cas")["cas"][1]["id"]
    served.ask("POST", f"{path}/cas/{ROOT}/revoke", {"certificates": [middle]})
    served.ask("PUT", f"{path}/cas/{middle}/crl/faults", {"faults": ["Hang"]})
    text = export(served, path)
    assert f"# Not in this file: that the CA {middle}, which is made with the PKI, is revoked.\n" in text
    assert f"# Not in this file: what the CA {middle}, which is made with the PKI, is set to " in text
    assert "# Not in this file: the private key of the CA 'own', which was given; add it.\n" in text
    assert "# Not in this file: the private key of the root, which was given; add it.\n" in text
    assert "PRIVATE KEY" not in text
    served.send("DELETE", path)


def test_keys_are_added(served: Served, tmp_path: Path) -> None:
    """A file without a key that was given makes nothing, and says where it belongs; then, the same again."""
    with PKI() as other:
        root, own, spare = (adoptable(one) for one in (other.root, other.ca, other.issue_cert("localhost")))
    cas: list[dict[str, Any]] = [
        {"name": "own", "parent": "root", "adopt": own},
        {"name": "keyed", "key": spare["private_key"]},
    ]
    path = served.make_pki(root=root, cas=cas)
    text = export(served, path)
    body = tomllib.loads(text)["pki"]["default"]
    missing: list[list[Any]] = [
        ["root", "private_key"],
        ["cas", 0, "adopt", "private_key"],
        ["cas", 1, "key"],
    ]
    given = (root["private_key"], own["private_key"], spare["private_key"])
    for path_to, key in zip(missing, given, strict=True):
        problem = json.loads(served.send("POST", "/v1/pkis", body).body)
        assert (problem["status"], problem["pointer"]) == (422, "".join(f"/{step}" for step in path_to)), (
            problem
        )
        assert "holds no private key" in problem["detail"]
        place = body
        for step in path_to[:-1]:
            place = place[step]
        place[path_to[-1]] = key
    with pytest.raises(ValueError, match=r"pki.default.root.private_key: "):
        again(served, text, tmp_path)
    made = served.make_pki(**body)
    assert export(served, made) == text
    for one in (path, made):
        served.send("DELETE", one)


def test_filters_that_cannot_be_told(served: Served) -> None:
    """What is published has the times of then, and what a stage has made is the stage's: both are said."""
    path = served.make_pki(logged=True)
    assert "# Not in this file" not in export(served, path)
    served.ask("POST", f"{path}/crlite/publish", {"channel": "compat"})
    sentence = "# Not in this file: the filters that are published; POST .../crlite/publish makes new ones.\n"
    assert export(served, path).startswith(sentence)
    served.send("DELETE", path)
    path = served.make_pki()
    _ = served.topology.find(path.rpartition("/")[2]).pki.crlite
    assert "# Not in this file" not in export(served, path)
    served.ask("PUT", f"{path}/crlite/faults", {"faults": ["Hang"]})
    text = export(served, path)
    assert "# Not in this file: what the service of filters is set to, which a stage has made.\n" in text
    assert "crlite" not in text.partition("[pki")[2]
    served.send("DELETE", path)
