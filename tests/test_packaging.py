"""What an installation brings along: nothing without a use, and nothing without a reason."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import mockpki

PACKAGE = Path(mockpki.__file__).parent
PROJECT = Path(__file__).parent.parent / "pyproject.toml"
LINES = PROJECT.read_text().partition("dependencies = [\n")[2].partition("\n]")[0].splitlines()
REQUIREMENTS = [Requirement(text) for text in tomllib.loads(PROJECT.read_text())["project"]["dependencies"]]
IMPORTED_AS = {
    "pyopenssl": "OpenSSL",
    "pyprobables": "probables",
    "tlslite-ng": "tlslite",
    "tomli-w": "tomli_w",
}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_each_dependency_is_used(requirement: Requirement) -> None:
    """Some module imports it, and it has a floor."""
    name = IMPORTED_AS.get(requirement.name.lower(), requirement.name)
    pattern = re.compile(rf"^\s*(?:import|from) {name}\b", re.MULTILINE)
    assert any(pattern.search(path.read_text()) for path in PACKAGE.rglob("*.py"))
    assert any(specifier.operator == ">=" for specifier in requirement.specifier)


def test_each_dependency_has_its_reason() -> None:
    """Above it stands what it is for, with its size."""
    reasons: dict[str, str] = {}
    reason = ""
    for line in LINES:
        if line.lstrip().startswith("#"):
            reason += line.strip("# ") + " "
        else:
            reasons[Requirement(line.strip(' ",')).name], reason = reason, ""
    assert list(reasons) == [requirement.name for requirement in REQUIREMENTS]
    assert [name for name, reason in reasons.items() if not re.search(r"\d MB", reason)] == []
