"""What is written in another notation is answered with the right one."""

import pytest

from mockpki import faults
from mockpki._catalogue.data import from_data
from mockpki._catalogue.respelling import respell


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("HttpStatus(503)", "HttpStatus 503"),
        ("HttpStatus( 503 )", "HttpStatus 503"),
        ("HttpStatus(code=503)", "HttpStatus code=503"),
        ("HttpStatus{503}", "HttpStatus 503"),
        ("HttpStatus[503]", "HttpStatus 503"),
        ("HttpStatus:503", "HttpStatus 503"),
        ("HttpStatus: 503", "HttpStatus 503"),
        ("HttpStatus=503", "HttpStatus 503"),
        ("HttpStatus,503", "HttpStatus 503"),
        ("http_status 503", "HttpStatus 503"),
        ("http-status(503)", "HttpStatus 503"),
        ("faults.HttpStatus(503)", "HttpStatus 503"),
        ("mockpki.faults.Hang()", "Hang"),
        ("Hang()", "Hang"),
        ("Hang:", "Hang"),
        ("Stale(by=2d)", "Stale by=2d"),
        ("Stale(by = 2d, fresh_signature=true)", "Stale by=2d fresh_signature=true"),
        ("Stale by 2d", "Stale by=2d"),
        ("Stale by: 2d", "Stale by=2d"),
        ("Stale by=2d, fresh_signature=true", "Stale by=2d fresh_signature=true"),
        ("Stale --by=2d", "Stale by=2d"),
        ("Stale --by 2d", "Stale by=2d"),
    ],
)
def test_the_right_spelling(typed: str, right: str) -> None:
    """It is no fault, is told how it is written, and that is one."""
    quoted = f'"{right}"' if " " in right else right
    with pytest.raises(ValueError, match="is no way to write a fault") as caught:
        from_data(typed)
    assert str(caught.value).endswith(f"; did you mean {quoted}?")
    assert respell(typed) == right
    assert respell(right) is None
    assert isinstance(from_data(right), faults.HttpStatus | faults.Hang | faults.Stale)


@pytest.mark.parametrize(
    "typed", ["", "()", "Hnag", "Hnag(1)", "503", "Stale by=2d", " Hang ", "stale_by_2min", "x" * 4096]
)
def test_nothing_to_say(typed: str) -> None:
    """What names no fault, and what is right, is left to others."""
    assert respell(typed) is None


def test_wrong_beside() -> None:
    """The name is known: what is told is what else is wrong, and how it is written."""
    with pytest.raises(TypeError, match=r"Stale has no parameter 'days'; it takes by.* in words"):
        from_data("Stale(days=2)")
