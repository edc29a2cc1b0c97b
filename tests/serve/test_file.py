"""A file of PKIs is the bodies of calls, checked as they are, and told by its tables."""

import re
from pathlib import Path

import msgspec
import pytest

from mockpki import faults
from mockpki._serve.bodies import MakePki, Service
from mockpki._serve.file import LARGEST, describe_file, read_file, write_path
from mockpki._serve.limits import Limits
from mockpki._serve.topology import Topology
from tests.kit.asking import send

WHOLE = """
[serve]
port = 8480

[pki.default]
key_type = "P-384"
delegated = true
ocsp = { faults = ["Slow by=250ms"] }
crl = { faults = ["HttpStatus 503"] }

[[pki.default.certificates]]
name = "web"
identities = ["localhost", "127.0.0.1"]
must_staple = true
not_after = 2027-01-01T00:00:00Z
status = "revoked"
reason = "key_compromise"

[[pki.default.tls_servers]]
name = "front"
certificates = ["web"]
staple = ["Stale by=1d"]

[pki."a b"]
logged = true
crlite = { faults = ["Hang"], script = [["HttpStatus 503"], []] }
"""


def write(folder: Path, text: str) -> Path:
    """A file with that in it."""
    path = folder / "pkis.toml"
    path.write_text(text)
    return path


def test_a_file_is_the_bodies_of_calls(tmp_path: Path) -> None:
    """Its options and its PKIs, which are then made."""
    file = read_file(write(tmp_path, WHOLE))
    assert file.options == {"port": 8480}
    assert list(file.pkis) == ["default", "a b"]
    filters = Service(faults=["Hang"], script=[["HttpStatus 503"], []])
    assert file.pkis["a b"] == MakePki(name="a b", logged=True, crlite=filters)
    topology = Topology(Limits())
    try:
        made = file.fill(topology)
        hosted = topology.find("default")
        assert made == {"default": hosted.id, "a b": topology.find("a b").id}
        leaf = hosted.certificates.find("web")
        assert hosted.pki.ca.status(leaf).reason == "key_compromise"
        assert hosted.servers.find("front").leaves == (leaf,) or hosted.servers.find("front").leaves == [leaf]
        crlite = topology.find("a b").find_filters()
        assert [send(f"{crlite.url}manifest.json").status for _ in range(2)] == [503, 200]
        assert crlite.rules == {None: (faults.Hang(),)}
        topology.find("a b").pki.check()
    finally:
        topology.close_all()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("must_staple", "must_stapel", "certificates[0].must_stapel: there is no field 'must_stapel' here;"),
        ("P-384", "P-1", "pki.default.key_type: key_type='P-1' is no key type"),
        ("true\nocsp", "1\nocsp", "pki.default.delegated: delegated takes true or false; got 1"),
        ("Slow by=250ms", "Slow by=250", "pki.default.ocsp.faults[0]: by= of Slow takes"),
        ("HttpStatus", "Httpstatsu", "pki.default.crl.faults[0]: There is no fault 'Httpstatsu'; did you"),
        ('["web"]\n', '["wbe"]\n', "tls_servers[0].certificates[0]: no certificate is called 'wbe' here"),
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00", "pki.default.certificates[0].not_after: "),
        ("reason", "resaon", "did you mean 'reason'?"),
        ("revoked", "revokd", "certificates[0].status: status takes no 'revokd'; did you mean"),
        ("revoked", "x", "status: status takes no 'x'; there are good, on_hold, revoked, unknown"),
        ("[pki.default]", '[pki.default]\nname = "x"', "pki.default.name: the name of a PKI is that of"),
        ('[pki."a b"]', '[pki."a/b"]', 'pki."a/b"'),
        ("logged = true\n", "", 'pki."a b".crlite: this PKI has no filters; make it with {"logged": true}'),
        ('["Hang"]', '["Hnag"]', 'pki."a b".crlite.faults[0]: There is no fault'),
        ('["Hang"]', '["NoNonce"]', 'pki."a b".crlite.faults: NoNonce() is a fault of the OCSP content'),
        ("[serve]", "[server]", "there is no table 'server' here; did you mean serve?"),
        ('[pki."a b"]', "[pki.default]", "is no TOML: "),
        ("[serve]\nport = 8480", "serve = 3", "serve is a table, [serve]; got 3"),
    ],
)  # fmt: skip
def test_mistakes(old: str, new: str, said: str, tmp_path: Path) -> None:
    """Each is told with the file and the table, and near names."""
    text = WHOLE.replace(old, new)
    assert text != WHOLE
    path = write(tmp_path, text)
    topology = Topology(Limits())
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        read_file(path).fill(topology)
    assert str(error.value).startswith(str(path))
    topology.close_all()


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there is an OSError, one that is no text or too large a ValueError."""
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none.toml")
    path = tmp_path / "large.toml"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(ValueError, match="is larger than 16 MiB"):
        read_file(path)
    path.write_bytes(b"a = '\xff'")
    with pytest.raises(ValueError, match="is no TOML"):
        read_file(path)


def test_paths_are_those_of_toml() -> None:
    """Numbers stand in brackets, and what is no bare key in quotes."""
    assert write_path("pki", "a b", "/certificates/0/x") == 'pki."a b".certificates[0].x'
    assert write_path("pki", "default", None) == "pki.default"


def test_the_schema_takes_what_is_taken() -> None:
    """The example is valid by it, and a field that is none is not; no reference in it leads nowhere."""
    import tomllib

    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    schema = describe_file({"port": {"type": "integer"}})
    for reference in re.findall(rb'"\$ref":"([^"]*)"', msgspec.json.encode(schema)):
        start, _, name = reference.decode().rpartition("/")
        assert start == "#/$defs"
        assert name in schema["$defs"]
    validator = jsonschema_rs.validator_for(schema)
    whole = tomllib.loads(WHOLE.replace("not_after = 2027-01-01T00:00:00Z\n", ""))
    validator.validate(whole)
    for path in (("serve", "prot"), ("pki", "default", "kye_type"), ("pkis",), ("pki", "default", "name"),
                 ("pki", "a b", "crlite", "fault")):  # fmt: skip
        bent = tomllib.loads(WHOLE.replace("not_after = 2027-01-01T00:00:00Z\n", ""))
        table = bent
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = "x"
        assert not validator.is_valid(bent)
