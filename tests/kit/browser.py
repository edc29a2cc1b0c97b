"""A real browser: Chromium without a window, driven by its own driver."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.kit.programs import need

T = TypeVar("T")
REBOUND = "rebound.test"
"""A name that a stranger has pointed at this machine."""
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-first-run",
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)  # fmt: skip
_FIND = """
    const [css, text, within, exact] = arguments;
    const isIt = exact ? (one) => one.innerText.trim() === text : (one) => one.innerText.includes(text);
    const all = [...(within ?? document).querySelectorAll(css)];
    return all.find((one) => one.checkVisibility() && !one.disabled && isIt(one)) ?? null;
"""
_CHOOSE = """
    const [own, text] = arguments;
    const at = [...own.options].findIndex((one) => one.text === text);
    if (at < 0) return false;
    own.focus();
    own.selectedIndex = at;
    own.dispatchEvent(new Event("input", {bubbles: true}));
    own.dispatchEvent(new Event("change", {bubbles: true}));
    return true;
"""
PATIENCE = 20.0


class Browser:
    """One window. Texts of buttons and labels are those that a person sees."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        """Go there, from another page: nothing of the old one stays."""
        self.driver.get("about:blank")
        self.driver.get(url)

    def all(self, css: str, within: WebElement | None = None) -> list[WebElement]:
        """All elements that *css* selects."""
        return (within or self.driver).find_elements(By.CSS_SELECTOR, css)

    def see(self, css: str, text: str = "", within: WebElement | None = None) -> WebElement:
        """The first shown element that *css* selects and *text* is in, as soon as there is one."""
        return self.wait(lambda: self._find(css, text, within), f"{css} with {text!r}")

    def _find(self, css: str, text: str, within: WebElement | None, exact: bool = False) -> WebElement | None:
        found: WebElement | None = self.driver.execute_script(_FIND, css, text, within, exact)
        return found

    def wait(self, look: Callable[[], T | None], what: str) -> T:
        """What *look* finds, as soon as that is something; an element that is gone meanwhile is none."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                if found := look():
                    return found
            except StaleElementReferenceException:
                pass
            if time.monotonic() > until:
                body = self.driver.find_element(By.TAG_NAME, "body").text
                pytest.fail(f"the page never showed {what}; it shows:\n{body}\n{self.log()}", pytrace=False)
            time.sleep(0.03)

    def click(self, text: str, within: WebElement | None = None, css: str = "button, summary, nav a") -> None:
        """Click what has exactly this text, as soon as it can be."""

        own = self.wait(lambda: self._find(css, text, within, True), f"{text!r} to click")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", own)
        own.click()

    def field(self, label: str, within: WebElement | None = None) -> WebElement:
        """The field of that label."""

        own = self.wait(lambda: self._find("label", label, within, True), f"a field called {label!r}")
        return self.driver.find_element(By.ID, own.get_attribute("for") or "")

    def type(self, label: str, text: str, within: WebElement | None = None) -> None:
        """Put *text* into the field of that label, in the place of what is there."""
        own = self.field(label, within)
        own.clear()
        own.send_keys(text)

    def choose(self, label: str, text: str, within: WebElement | None = None) -> None:
        """Choose what is called *text*."""
        own = self.field(label, within)

        self.wait(lambda: self.run(_CHOOSE, own, text), f"{text!r} in {label!r}")

    def run(self, script: str, *values: object) -> object:
        """What a script of the page returns; of a promise, what comes of that."""
        return self.driver.execute_script(script, *values)

    def log(self) -> list[str]:
        """What the browser has said of pages since it was asked last: errors, and what a policy forbade."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]


@contextmanager
def start_browser() -> Iterator[Browser]:
    """A browser with a profile of its own, until the end of the block.

    Without Chromium or its driver the test fails where CI is set, else skips.
    """
    program, driver = need("chromium"), need("chromedriver")
    profile = tempfile.mkdtemp(prefix="mockpki-browser-")
    options = ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={profile}", "--window-size=1280,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    try:
        own = Chrome(options=options, service=Service(driver))
        try:
            yield Browser(own)
        finally:
            own.quit()
    finally:
        shutil.rmtree(profile, ignore_errors=True)
