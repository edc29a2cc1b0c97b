"""The live log: what real clients ask and are told, as it happens; and a stranger's text stays text."""

from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.kit.browser import Browser
from tests.kit.programs import need, run
from tests.kit.serving import Served, serving

MANY = """
    const [done] = arguments;
    import("/console/log.js").then(({ Log, Names, placeRow }) => {
      const log = new Log(new Names());
      const answer = { status: 200, honest: true, faults: [], steps: ["Send", "Finish"], size: 7 };
      const row = (number) => placeRow("1a", ["crl"], { number, time: "2026-01-01T00:00:00Z", client: "",
        text: "", path: `/${number}.crl`, certificates: [], error: null, answer });
      log.names.known.set("1a", "many");
      document.body.append(log.node);
      log.addPast([1, 2, 3].map(row));
      log.list.children[1].firstChild.focus();
      const focused = document.activeElement;
      for (let number = 4; number <= 900; number++) log.add(row(number));
      log.flush();
      const stays = document.activeElement === focused && focused.isConnected;
      const all = log.count.textContent;
      for (let number = 901; number <= 10000; number++) log.add(row(number));
      log.flush();
      // What is told again, such as the end of a connection, is the same row.
      log.add(row(10000));
      log.flush();
      const rows = [...log.list.children].map((one) => one.querySelector(".asked").textContent);
      const full = log.count.textContent;
      log.filter.value = "9500.crl";
      log.filter.dispatchEvent(new Event("input"));
      done([stays, all, rows.length, new Set(rows).size, rows[0], rows.at(-1), full, log.count.textContent]);
      log.node.remove();
    }, (error) => done(String(error)));
"""
MARKUP = "<img src=x onerror=alert(1)><script>alert(1)</script>\"'><b>bold</b>"


class World:
    """A PKI on a server: its path, and the files that clients need."""

    def __init__(self, served: Served, folder: Path, **fields: object) -> None:
        self.served = served
        self.path = served.make_pki(
            certificates=[{"name": "web", "identities": ["localhost"]}],
            tls_servers=[{"name": "front", "certificates": ["web"]}],
            **fields,
        )
        self.own = served.ask("GET", self.path)
        self.id = self.own["id"]
        self.leaf = served.ask("GET", f"{self.path}/certificates/web")
        self.front = served.ask("GET", f"{self.path}/tls_servers/front")
        self.folder = folder

    def ask_ocsp(self) -> None:
        """A real client asks the responder about the certificate."""
        issuer, leaf = self.folder / "issuer.pem", self.folder / "leaf.pem"
        issuer.write_text(next(ca for ca in self.own["cas"] if ca["id"] == "ca")["certificate"])
        leaf.write_text(self.leaf["certificate"])
        url = self.served.ask("GET", f"{self.path}/ocsp")["url"]
        run(need("openssl"), "ocsp", "-issuer", issuer, "-cert", leaf, "-url", url, "-noverify")

    def shake_hands(self, *options: str, name: str = "localhost") -> None:
        """A real client connects to the TLS server."""
        at = f"127.0.0.1:{self.front['port']}"
        run(need("openssl"), "s_client", "-connect", at, "-servername", name, *options)


@pytest.fixture
def world(served: Served, tmp_path: Path) -> World:
    """A PKI with a certificate, and a TLS server."""
    return World(served, tmp_path)


def rows(console: Browser, world: World) -> list[WebElement]:
    """The rows of a PKI that are shown, the newest first; other tests have their own."""
    return [row for row in console.all(f".log a[href*='{world.id}']") if row.is_displayed()]


def test_a_request_is_a_row_and_the_row_a_link(console: Browser, world: World) -> None:
    """What openssl asks is there at once, with what it was told; the row opens, and survives a reload."""
    world.served.ask("PUT", f"{world.path}/ocsp/faults", {"faults": ["Stale by=2d"]})
    world.ask_ocsp()
    row = console.see(".log a", "Stale by=2d")
    assert "OCSP" in row.text
    assert "HTTP 200" in row.text
    console.wait(lambda: "web" in row.text, "the certificate's name in the row")
    row.click()
    for _ in range(2):
        console.see(".detail .difference ins", "2 d ago")
        console.see(".detail .difference del", "in 7 d")
        console.see(".detail pre", "OCSPRequest")
        console.see(f".log a[aria-current][href$='#/{world.id}/ocsp/1']")
        console.driver.refresh()
    console.click("Request in hex")
    der = world.served.ask("GET", f"{world.path}/ocsp/requests/1/request.der")
    assert console.see("pre.hex").text.split()[1:9] == [f"{octet:02x}" for octet in der[:8]]
    links = [one.get_attribute("href") or "" for one in console.all(".detail a[download]")]
    assert [link.rpartition("/")[2] for link in links] == ["request.der", "answer.bin", "1"]
    for link in links:
        assert world.served.send("GET", link.removeprefix(world.served.url)).status == 200
    console.click("Close this row", css="a")
    console.wait(lambda: not console.all(".detail *"), "that no row is open")


def test_handshakes_stand_between_requests(console: Browser, world: World) -> None:
    """SNI, whether a staple was asked for and given, and the alert by its name in red."""
    world.shake_hands("-status")
    console.see(".log a", "staple given")
    world.ask_ocsp()
    console.wait(
        lambda: [row.text.split()[1] for row in rows(console, world)] == ["OCSP", "TLS"], "OCSP above TLS"
    )
    world.served.ask("PUT", f"{world.path}/tls_servers/front/staple", {"staple": ["Stale by=2d"]})
    world.shake_hands("-status")
    row = console.see(".log a", "staple bent")
    assert f"{world.id} / front" in row.text
    console.driver.get(row.get_attribute("href") or "")
    console.see(".detail .difference ins", "2 d ago")
    console.see(".detail .difference del", "in 7 d")
    console.click("Close this row", css="a")
    world.shake_hands("-status", "-CAfile", str(world.folder / "leaf.pem"), "-verify_return_error")
    row = console.see(".log a", "alert: unknown_ca")
    assert "unknown_ca" in console.see("b.wrong", within=row).text
    console.driver.get(row.get_attribute("href") or "")
    console.see(".detail dd", "unknown_ca")
    console.see(".detail summary", "staple for certificate 0")
    console.click("Chain, PEM")
    console.see(".detail pre", "BEGIN CERTIFICATE")


def test_rows_are_filtered_held_back_and_cleared(console: Browser, world: World) -> None:
    """A filter is of words of a row; pause holds rows back, resume shows them; clear drops all."""
    world.shake_hands(name="one.test")
    world.ask_ocsp()
    console.wait(lambda: len(rows(console, world)) == 2, "two rows")
    console.type("filter", "ONE.test")
    console.wait(lambda: len(rows(console, world)) == 1, "one row")
    assert "one.test" in rows(console, world)[0].text
    console.type("filter", "nothing has this")
    console.see(".empty", "Nothing fits the filter.")
    console.field("filter").send_keys(Keys.CONTROL + "a", Keys.DELETE)
    console.wait(lambda: len(rows(console, world)) == 2, "two rows again")
    console.click("Pause")
    world.ask_ocsp()
    console.click("Resume (1 waiting)")
    console.wait(lambda: len(rows(console, world)) == 3, "three rows")
    console.click("Clear")
    console.wait(lambda: not rows(console, world), "no row")
    console.see(".empty", "Nothing has been asked yet.")
    world.ask_ocsp()
    console.wait(lambda: len(rows(console, world)) == 1, "a row")


def test_what_was_before_the_page_is_there_too(browser: Browser, served: Served, tmp_path: Path) -> None:
    """A page that is opened later, or again, has what happened since the server began: when, and where."""
    world = World(served, tmp_path, logged=True)
    manifest = f"{world.own['crlite_url']}manifest.json"
    run(need("curl"), "-sS", manifest)
    world.ask_ocsp()
    world.shake_hands()
    world.served.ask("POST", f"{world.path}/cas", {"name": "second"})
    run(need("curl"), "-sS", world.served.ask("GET", f"{world.path}/cas/second/crl")["url"])
    lists = {
        "ocsp/requests": "OCSP",
        "tls_servers/front/handshakes": "TLS",
        "cas/second/crl/requests": "CRL",
        "crlite/requests": "CRLite",
    }
    times = {
        kind: world.served.ask("GET", f"{world.path}/{path}/1")["time"][11:19] for path, kind in lists.items()
    }
    for _ in range(2):
        browser.open(f"{world.served.url}/")
        browser.wait(lambda: len(rows(browser, world)) == 4, "four rows")
        shown = [row.text.split() for row in rows(browser, world)]
        assert {kind: time for time, kind, *_ in shown} == times
        browser.see(".log .of", f"{world.id} / second")
        browser.see(".log .of", f"{world.id} / front")
    run(need("curl"), "-sS", manifest)
    browser.wait(lambda: len(rows(browser, world)) == 5, "one more")
    browser.driver.get(f"{world.served.url}/#/{world.id}/crlite/1")
    browser.see(".detail pre", "GET /manifest.json")
    browser.driver.get(f"{world.served.url}/")
    row = browser.see(".log a", "second")
    browser.driver.get(row.get_attribute("href") or "")
    at = browser.see(".detail dd a", f"{world.id} / second")
    assert (at.get_attribute("href") or "").endswith(f"/#/{world.id}")


def test_ten_thousand_rows_are_the_newest_thousand(browser: Browser, served: Served) -> None:
    """The oldest go, it is said that there were more, all kept are filtered, and a focused row stays so."""
    browser.open(f"{served.url}/")
    browser.see("#state", "live")
    assert browser.driver.execute_async_script(MANY) == [
        True, "", 1000, 1000, "/10000.crl", "/9001.crl", "the newest 1000", "1 of 1000",
    ]  # fmt: skip


def test_the_page_tells_when_the_server_is_gone(browser: Browser) -> None:
    """It says so in words, and nothing else is lost."""
    with serving() as own:
        browser.open(f"{own.url}/")
        browser.see("#state", "live")
        assert not browser.all("#gone")[0].is_displayed()
    browser.see("#gone", "The server does not answer")
    browser.see("#state", "gone")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(console: Browser, world: World, width: int) -> None:
    """Neither on a desktop nor on a telephone does any view have to be moved sideways."""
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    console.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        world.ask_ocsp()
        for place in ("", "pkis", world.id, f"{world.id}/ocsp/1"):
            console.driver.get(f"{world.served.url}/#/{place}")
            console.see(".log a" if not place else "h2", world.id if not place else "")
            root = "document.documentElement"
            assert console.run(f"return {root}.scrollWidth <= {root}.clientWidth"), place
    finally:
        console.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_strangers_text_stays_text(browser: Browser, served: Served, tmp_path: Path) -> None:
    """Markup in every name that a caller or a client can choose is shown as it is, and becomes no element."""
    name = MARKUP.replace("/", "\N{DIVISION SLASH}")  # a name has no slash
    world = World(served, tmp_path, name=name)
    served.ask("POST", f"{world.path}/certificates", {"identities": ["localhost"], "name": name})
    served.ask("POST", f"{world.path}/certificates", {"identities": [], "common_name": MARKUP[:60]})
    served.ask("POST", f"{world.path}/cas", {"name": name})
    served.ask("POST", f"{world.path}/tls_servers", {"certificates": [name], "name": name})
    url = served.ask("GET", f"{world.path}/crl")["url"]
    run(need("curl"), "-sS", "-A", MARKUP, "-H", f"X-Strange: {MARKUP}", f"{url}?{MARKUP.replace(' ', '+')}")
    world.shake_hands(name=MARKUP.replace(" ", "_"))
    browser.open(f"{served.url}/")
    shown = {
        "": (".log .asked", "onerror"),
        "pkis": (".cards a", name),
        world.id: ("h2", name),
        f"{world.id}/crl/1": (".detail pre", MARKUP),
        f"{world.id}/tls_servers/1/1": (".detail h2", "onerror"),
    }
    for place, (css, text) in shown.items():
        browser.open(f"{served.url}/#/{place}")
        browser.see(css, text)
        if place == world.id:
            browser.see(".cards b", name)
        assert (
            browser.run("return document.querySelectorAll('img, script:not([src]), #view b b, pre b').length")
            == 0
        )
    assert browser.log() == []


def test_it_sleeps_while_nobody_looks(console: Browser, world: World) -> None:
    """A page that is hidden has no connection, and goes on where it was when it is looked at again."""
    world.ask_ocsp()
    console.wait(lambda: len(rows(console, world)) == 1, "a row")
    first = console.driver.current_window_handle
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    tell = "document.dispatchEvent(new Event('visibilitychange'));"
    console.run(hide % "true" + tell)
    console.see("#state", "asleep")
    world.ask_ocsp()
    assert len(rows(console, world)) == 1
    console.run(hide % "false" + tell)
    console.wait(lambda: len(rows(console, world)) == 2, "the row that came meanwhile, and no other twice")
    assert console.driver.current_window_handle == first


def test_all_can_be_done_by_keyboard(console: Browser, world: World) -> None:
    """Every control has a name for those who do not see it, and a row opens by Tab and Enter."""
    world.ask_ocsp()
    console.wait(lambda: len(rows(console, world)) == 1, "a row")
    console.field("filter").send_keys(Keys.TAB, Keys.TAB)
    console.driver.switch_to.active_element.send_keys(Keys.TAB)
    console.driver.switch_to.active_element.send_keys(Keys.ENTER)
    console.see(".detail h2", "OCSP 1")

    def focused() -> str:
        return str(console.run("return document.activeElement.className"))

    # The row that is open comes next, and not the rows below; Escape leads back to where one was.
    assert focused() == "detail"
    console.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert focused() == "back"
    console.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    console.wait(lambda: not console.all(".detail *"), "that no row is open")
    assert (focused(), console.all(".log a[aria-current]")) == ("row", [])
    world.shake_hands()
    console.wait(lambda: len(rows(console, world)) == 2, "two rows")
    console.driver.switch_to.active_element.send_keys(Keys.ARROW_UP)
    assert "TLS" in console.driver.switch_to.active_element.text
    console.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert "OCSP" in console.driver.switch_to.active_element.text
    nameless = """
        const all = [...document.querySelectorAll('input, select, button, a')];
        const isNamed = (one) => one.textContent.trim() || one.ariaLabel || one.labels?.length;
        return all.filter((one) => one.checkVisibility() && !isNamed(one)).length;
    """
    for place in ("", "pkis", world.id):
        console.driver.get(f"{world.served.url}/#/{place}")
        console.see("h2" if place else ".log a")
        assert console.run(nameless) == 0, place
