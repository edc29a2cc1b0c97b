"""How CAs publish, by name."""

import inspect

import pytest

from mockpki import publishing
from mockpki.publishing import NAMED, Publishing, named
from mockpki.publishing import _presets as presets


@pytest.mark.parametrize("name", NAMED)
def test_each_has_a_name_and_a_source(name: str) -> None:
    """The name in code is that at the prompt, and below it stands where the figures come from."""
    upper = name.upper().replace("-", "_")
    assert getattr(publishing, upper) is NAMED[name] is named(upper)
    text = inspect.getsource(presets).partition(f"\n{upper} = ")[2]
    docstring = text.partition('"""')[2].partition('"""')[0]
    assert "Source: " in " ".join(docstring.split()) or name == "immediate"


def test_no_two_are_the_same() -> None:
    """A second name for one way to publish would be one too many."""
    assert len(set(NAMED.values())) == len(NAMED)
    assert all(isinstance(value, Publishing) for value in NAMED.values())


def test_a_wrong_name_is_told_the_near_ones() -> None:
    """LookupError, with what may have been meant; TypeError for what is no text."""
    with pytest.raises(LookupError, match="did you mean lets-encrypt"):
        named("letsencrypt")
    with pytest.raises(TypeError, match="is a text"):
        named(3)  # type: ignore[arg-type]
