"""One browser for all tests of the console, and one server for those of a file."""

from collections.abc import Iterator

import pytest

from tests.kit.browser import Browser, start_browser
from tests.kit.serving import Served


@pytest.fixture(scope="session")
def _one_browser() -> Iterator[Browser]:
    with start_browser() as own:
        yield own


@pytest.fixture
def browser(_one_browser: Browser) -> Iterator[Browser]:
    """A browser on an empty page, without cookies; it is a desktop's in size."""
    _one_browser.open("about:blank")
    _one_browser.driver.delete_all_cookies()
    _one_browser.log()
    yield _one_browser
    _one_browser.open("about:blank")


@pytest.fixture
def console(browser: Browser, served: Served) -> Iterator[Browser]:
    """The same, on the console; nothing that the test does there is an error, or against its policy."""
    browser.open(f"{served.url}/")
    browser.see("#state", "live")
    yield browser
    assert browser.log() == []
