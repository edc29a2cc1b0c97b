"""The README's list of faults, made of the catalogue."""

from typing import Any

import pytest

from mockpki import faults
from mockpki._catalogue.entries import describe_fault, layer_title
from mockpki._catalogue.readme import BEGIN, END, list_markdown, refresh_list

Kind = type[faults.Fault[Any]]

each_fault = pytest.mark.parametrize("kind", faults.CATALOGUE, ids=lambda kind: kind.__name__)


@each_fault
def test_a_fault_is_in_the_documentation(kind: Kind) -> None:
    """It has a line in the README's list, with all of its parameters, below its layer."""
    _, found, rest = list_markdown().partition(f"<b>{layer_title(kind.home)}</b>")
    section = rest.partition("</details>")[0]
    assert found
    parameters = [parameter.name for parameter in describe_fault(kind).parameters]
    assert f"- `{kind.__name__}({', '.join(parameters)})`: " in section


def test_only_what_is_between_the_marks_is_new() -> None:
    """What stands around the list stays as it is, and a text without the marks is refused."""
    assert refresh_list(f"a\n{BEGIN}\nold\n{END}\nz\n") == f"a\n{BEGIN}\n{list_markdown()}{END}\nz\n"
    with pytest.raises(ValueError, match="has no lines"):
        refresh_list(f"a\n{END}\n{BEGIN}\n")
