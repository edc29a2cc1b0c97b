"""How the catalogue is written: for people, as JSON, and as Markdown."""

import io
import json

from rich.console import Console

from mockpki import faults
from mockpki._catalogue.difference import show_fault
from mockpki._catalogue.entries import describe_fault
from mockpki._catalogue.lookup import RECIPES
from mockpki._reports.faults import list_json, one_json, one_markdown, recipes_markdown, show_one


def test_a_recipe_is_five_texts() -> None:
    """Its name, its fault, what it is given to, its set-up and its PKI, in this order."""
    [told] = [
        one for one in json.loads(list_json(RECIPES)) if (one["name"], one["given_to"]) == ("md5_sig", "CRL")
    ]
    assert list(told.items()) == [
        ("name", "md5_sig"),
        ("expression", "SignatureDigest('md5')"),
        ("given_to", "CRL"),
        ("setup", ""),
        ("pki", "PKI(key_type='RSA-2048')"),
    ]


def test_a_fault_is_what_the_catalogue_says() -> None:
    """Every field of an entry is there, parameters and targets as lists."""
    [told] = json.loads(list_json([describe_fault(faults.Early)]))
    assert told["name"] == "Early"
    assert told["parameters"] == [{"name": "by", "default": "timedelta(days=3)"}]


def test_the_table_of_recipes() -> None:
    """A row has the PKI and the set-up where they are not the usual."""
    rows = recipes_markdown().splitlines()
    assert "| md5_sig | CRL | `SignatureDigest('md5')` | `PKI(key_type='RSA-2048')` |" in rows
    assert "| expired | CRL | `Stale()` |  |" in rows


def test_one_in_every_format() -> None:
    """The recipe's code stands above the difference, which has the same lines everywhere."""
    shown = show_fault("md5_sig", (), "CRL")
    page = io.StringIO()
    show_one(Console(file=page, width=200), shown)
    text, markdown, [told] = page.getvalue(), one_markdown(shown), json.loads(one_json(shown))
    code = ["with PKI(key_type='RSA-2048') as pki:", "SignatureDigest('md5')"]
    assert text.splitlines()[:3] == ["md5_sig  CRL", *(f"      {line}" for line in code)]
    assert markdown.startswith("### md5_sig\n\n```python\n" + "\n".join(code) + "\n```")
    for mark, line in told["difference"]["lines"]:
        assert f"{mark} {line}" in text
        assert f"{mark} {line}" in markdown
