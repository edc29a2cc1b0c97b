"""What a person does in the console: every button by its effect, which the API is asked about."""

import re
import subprocess
import tomllib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from mockpki import PKI
from mockpki._serve.table import TABLE
from mockpki.faults import Stale
from tests.kit.browser import Browser
from tests.kit.programs import need, run
from tests.kit.serving import Served


@pytest.fixture
def pki(served: Served) -> str:
    """The path of a PKI with a certificate and a TLS server in it."""
    return served.make_pki(
        certificates=[{"name": "web", "identities": ["localhost"]}],
        tls_servers=[{"name": "front", "certificates": ["web"]}],
    )


@pytest.fixture
def page(console: Browser, served: Served, pki: str) -> Browser:
    """The console at that PKI."""
    console.driver.get(f"{served.url}/#/{pki.rpartition('/')[2]}")
    console.see("section li b", "web")
    return console


def card(page: Browser, title: str, name: str) -> WebElement:
    """The card called *name* in the section of that title."""

    def look() -> WebElement | None:
        for section in page.all("section"):
            if [one.text for one in page.all("h3", section)][:1] == [title]:
                for own in page.all(".cards > li", section):
                    if [one.text for one in page.all("b", own)][:1] == [name]:
                        return own
        return None

    return page.wait(look, f"{name!r} among {title!r}")


def service(page: Browser, name: str) -> WebElement:
    """A service of the issuing CA, unfolded."""
    title = page.wait(lambda: [one.text for one in page.all("b") if "CA 1" in one.text], "the issuing CA")[0]
    for own in page.all("details.service", card(page, "CAs and their services", title)):
        summary = page.all("summary", own)[0]
        if summary.text.splitlines()[0] == name:
            if own.get_attribute("open") is None:
                page.run("arguments[0].scrollIntoView({block: 'center'})", summary)
                summary.click()
            return own
    raise AssertionError(f"it has no {name}")


def until(look: Callable[[], Any], wanted: object, page: Browser) -> None:
    """Wait until what the API says is what is wanted."""
    page.wait(lambda: look() == wanted, f"the API's {wanted!r}; it says {look()!r}")


def test_a_pki_is_made_and_closed(console: Browser, served: Served) -> None:
    """The form makes one as it says, its page opens, and the button closes it; its path is gone then."""
    console.click("PKIs")
    console.type("name", "made by hand")
    console.choose("key", "P-384")
    console.field("delegated OCSP signing").click()
    console.type("CAs below the root", "2")
    console.type("first certificate for", "a.test, 127.0.0.1")
    console.click("Make a PKI")
    console.see("h2", "made by hand")
    made = served.ask("GET", "/v1/pkis/made by hand".replace(" ", "%20"))
    assert len(made["cas"]) == 3
    [leaf] = served.ask("GET", f"/v1/pkis/{made['id']}/certificates")["certificates"]
    assert leaf["identities"] == ["a.test", "127.0.0.1"]
    assert len(made["tls_servers"]) == 1
    console.click("Check")
    console.see("#said", "Nothing failed so far.")
    console.click("Close this PKI")
    console.see("h3", "New PKI")
    served.refuse("GET", f"/v1/pkis/{made['id']}", status=410)


def test_certificates_are_revoked_held_released_and_forgotten(
    page: Browser, served: Served, pki: str
) -> None:
    """Each button has the effect that it says; those that would be refused cannot be pressed."""

    def status() -> tuple[str, str | None]:
        found = served.ask("GET", f"{pki}/certificates/web")["status"]
        return found["status"], found["reason"]

    def pressable() -> list[str]:
        texts = ("Revoke", "Hold", "Release", "Forget")
        return [one.text for one in page.all("button", own) if one.text in texts and one.is_enabled()]

    own = card(page, "Certificates", "web")
    for button, wanted, left in (
        ("Hold", ("on_hold", "certificate_hold"), ["Revoke", "Release", "Forget"]),
        ("Release", ("good", None), ["Revoke", "Hold", "Forget"]),
        ("Revoke", ("revoked", "superseded"), ["Forget"]),
        ("Forget", ("unknown", None), ["Revoke"]),
    ):
        if button == "Revoke":
            page.choose("reason", "superseded", own)
        page.click(button, own)
        until(status, wanted, page)
        until(pressable, left, page)
        page.see(".chip", wanted[0].replace("_", " "), own)


def test_certificates_are_issued(page: Browser, served: Served, pki: str) -> None:
    """The form issues what it says; that is in the list then, and in the API. What is refused is said
    beside the field that it is about, until that is another."""
    page.type("for", "b.test c.test")
    page.type("called", "web")
    page.field("called").send_keys(Keys.ENTER)
    refusal = page.see(".field .refusal", "choose another name")
    called = page.field("called")
    assert called.get_attribute("aria-describedby") == refusal.get_attribute("id")
    assert called == page.driver.switch_to.active_element
    page.type("called", "other")
    page.wait(lambda: not page.all(".refusal") and not page.all("[aria-invalid]"), "that nothing is wrong")
    page.log()  # the refusal is in the browser's log
    page.choose("key", "Ed25519")
    page.choose("status", "on_hold")
    page.field("must-staple").click()
    page.click("Issue")
    card(page, "Certificates", "other")
    other = served.ask("GET", f"{pki}/certificates/other")
    assert (other["identities"], other["status"]["status"]) == (["b.test", "c.test"], "on_hold")
    text = subprocess.run(
        [need("openssl"), "x509", "-noout", "-text"], input=other["certificate"], text=True,
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert "status_request" in text
    assert "ED25519" in text


def test_faults_are_picked_seen_before_and_taken_back(page: Browser, served: Served, pki: str) -> None:
    """The picker has parameters with defaults, a sentence, and the difference, before anything is set."""
    own = service(page, "OCSP responder")

    def faults() -> list[str]:
        return [one["text"] for one in served.ask("GET", f"{pki}/ocsp")["faults"]]

    page.choose("fault", "Stale", own)
    assert page.field("by", own).get_attribute("placeholder") == "3d"
    page.see(".about", "nextUpdate passed", own)
    page.see(".difference ins", "3 d ago", own)
    page.type("by", "five", own)
    page.see(".preview", "a duration is a number with its unit", own)
    page.click("Add", own)
    page.click("Answer with these", own)
    assert "got 'five'" in page.see(".field .refusal", "by= of Stale takes a duration", own).text
    page.click("\N{MULTIPLICATION SIGN}", own)
    page.type("by", "5d", own)
    page.see(".difference ins", "5 d ago", own)
    assert (faults(), page.all(".refusal")) == ([], [])
    page.log()  # the refusals are in the browser's log
    page.click("Add", own)
    page.choose("fault", "HttpStatus", own)
    page.type("code", "418", own)
    page.click("Add", own)
    page.click("Answer with these", own)
    until(faults, ["Stale by=5d", "HttpStatus code=418"], page)
    page.see("summary .chip", "Stale by=5d", own)
    page.click("\N{MULTIPLICATION SIGN}", page.see(".chips li", "HttpStatus", own))
    page.click("Answer with these", own)
    until(faults, ["Stale by=5d"], page)
    page.click("Honest again", own)
    until(faults, [], page)
    page.see("summary .chip", "honest", own)


def test_faults_for_one_certificate_alone(page: Browser, served: Served, pki: str) -> None:
    """Those set for one certificate are in force for that, and not for all."""
    own = service(page, "OCSP responder")
    leaf = served.ask("GET", f"{pki}/certificates/web")["id"]

    def to() -> dict[str, list[str]]:
        found = served.ask("GET", f"{pki}/ocsp")["to"]
        return {serial: [one["text"] for one in list_] for serial, list_ in found.items()}

    page.choose("fault", "TryLater", own)
    page.click("Add", own)
    page.field("for", own).click()
    page.choose("for", "web", own)
    page.click("Answer with these", own)
    until(to, {leaf: ["TryLater"]}, page)
    assert served.ask("GET", f"{pki}/ocsp")["faults"] == []
    page.click("Honest again", own)
    until(to, {}, page)


def test_scripts_and_sequences_are_run(page: Browser, served: Served, pki: str) -> None:
    """A script of three answers, one of them honest; a second one is refused in words; each sequence."""
    own = service(page, "CRL publisher")

    def state() -> tuple[int, str | None]:
        found = served.ask("GET", f"{pki}/crl")
        return found["script_left"], found["sequence"]

    page.click("Script: one answer after the other", own)
    for fault in ("Early", "", "Stale"):
        if fault:
            page.choose("fault", fault, own)
            page.click("Add", own)
        page.click("Add these faults as an answer", own)
    page.click("Run the script", own)
    until(state, (3, None), page)
    page.see("summary .chip", "script: 3 left", own)
    page.click("Drop the script", own)
    until(state, (0, None), page)
    page.click("Sequence: faults that come and go", own)
    page.choose("fault", "Early", own)
    page.click("Add", own)
    page.type("n", "0", own)
    page.click("Run the sequence", own)
    page.see(".field .refusal", "n= of EveryNth takes a whole number, 1 or more", own)
    page.log()  # the refusal is in the browser's log
    for kind, fields, wanted in (
        ("EveryNth", {"n": "3"}, "EveryNth(n=3"),
        ("FirstN", {"n": "4"}, "FirstN(n=4"),
        ("Flapping", {"up": "5", "down": "6"}, "Flapping(up=5, down=6"),
        ("Mix", {"seed": "7"}, "seed=7"),
    ):
        page.choose("sequence", kind, own)
        for label, value in fields.items():
            page.type(label, value, own)
        page.click("Run the sequence", own)

        def runs(kind: str = kind, wanted: str = wanted) -> bool:
            text = state()[1] or ""
            return text.startswith(kind) and wanted in text

        until(runs, True, page)
    page.click("End the sequence", own)
    until(state, (0, None), page)


def test_tls_servers_are_started_stapled_with_and_stopped(page: Browser, served: Served, pki: str) -> None:
    """A server is given each kind of staple, as OpenSSL sees; with a policy it shows what its stapler did."""
    own = card(page, "TLS servers", "front")
    front = served.ask("GET", f"{pki}/tls_servers/front")
    at = f"{front['host']}:{front['port']}"

    def sees() -> str:
        client = run(need("openssl"), "s_client", "-connect", at, "-servername", "localhost", "-status")
        found = re.search(r"OCSP response: (no response sent)|OCSP Response Status: (\w+)", client.stdout)
        assert found is not None, client
        ends = re.search(r"Next Update: .* (\d{4}) GMT", client.stdout)
        return f"{found[1] or found[2]}{', of long ago' if ends and int(ends[1]) < 2015 else ''}"

    def picked() -> tuple[str, str, list[str]]:
        """What the picker of a page that is opened anew shows: kind, policy, faults."""
        page.open(page.driver.current_url)
        page.see("section li b", "web")
        nonlocal own
        own = card(page, "TLS servers", "front")
        kind, policy = (
            str(
                page.run(
                    "return arguments[0].selectedOptions[0]?.text", page.all(f"select[name={name}]", own)[0]
                )
            )
            for name in ("staple", "policy")
        )
        return kind, policy, [one.text for one in page.all(".chips .chip", own)]

    assert sees() == "successful"
    page.choose("staple", "none", own)
    page.click("Staple this", own)
    until(sees, "no response sent", page)
    assert picked()[0] == "none"
    page.choose("staple", "with faults", own)
    page.choose("fault", "Stale", own)
    page.type("by", "9000d", own)
    page.click("Add", own)
    page.click("Staple this", own)
    until(sees, "successful, of long ago", page)
    kind, _, faults = picked()
    assert (kind, faults) == ("with faults", ["Stale by=9000d"])
    page.choose("staple", "as a server's policy gets it", own)
    page.choose("policy", "ideal", own)
    page.click("Staple this", own)
    page.see(".outcome .chip", "policy ideal", own)
    page.wait(lambda: picked()[:2] == ("as a server's policy gets it", "ideal"), "the policy in the picker")
    page.click("Stapler", own)
    page.click("Settle", own)
    page.see(".events li", "", own)
    page.click("Restart", own)
    until(sees, "successful", page)
    page.choose("staple", "honest", own)
    page.click("Staple this", own)
    page.wait(lambda: not any(one.is_displayed() for one in page.all(".events", own)), "no stapler any more")
    assert sees() == "successful"
    page.click("Stop the server", own)
    until(lambda: served.ask("GET", f"{pki}/tls_servers")["tls_servers"], [], page)
    page.see(".empty", "No TLS server yet")
    page.click("Start")
    until(lambda: len(served.ask("GET", f"{pki}/tls_servers")["tls_servers"]), 1, page)


def test_the_clock_is_moved(page: Browser, served: Served, pki: str) -> None:
    """By the slider's keys, to a mark, and back to now."""

    def offset() -> str:
        return str(served.ask("GET", f"{pki}/clock")["offset"])

    slider = page.see("input[type=range]")
    slider.send_keys(Keys.ARROW_RIGHT)
    until(offset, "P1D", page)
    slider.send_keys(Keys.HOME)
    until(offset, "-P30D", page)
    slider.send_keys(Keys.END)
    until(offset, "P400D", page)
    page.click("Now")
    until(offset, "PT0S", page)
    page.click("notAfter of web")

    def is_over() -> bool:
        now = served.ask("GET", f"{pki}/clock")["now"]
        end = served.ask("GET", f"{pki}/certificates/web")["not_after"]
        return bool(now[:16] >= end[:16])

    until(is_over, True, page)
    assert page.all(".marks li", None)


def test_what_fails_is_said_and_reset_begins_again(page: Browser, served: Served, pki: str) -> None:
    """A script that was not used up is told in words by Check; Reset makes all honest again."""
    served.ask("PUT", f"{pki}/crl/faults", {"faults": ["Stale"]})
    served.ask("PUT", f"{pki}/ocsp/script", {"answers": [[], []]})
    page.click("Check")
    page.see("#said", "script")
    page.click("Dismiss")
    page.wait(lambda: not page.all("#said")[0].is_displayed(), "that it was dismissed")
    served.ask("DELETE", f"{pki}/ocsp/script")
    page.click("Reset")
    until(lambda: served.ask("GET", f"{pki}/crl")["faults"], [], page)
    page.log()  # the refusal of Check is in the browser's log


def test_what_was_done_by_hand_runs_as_python_and_by_curl(page: Browser, served: Served, pki: str) -> None:
    """A revocation, faults, a script, a staple and a new time: the code that is shown does the same again."""
    page.choose("reason", "key_compromise", card(page, "Certificates", "web"))
    page.click("Revoke", card(page, "Certificates", "web"))
    page.see(".chip", "revoked", card(page, "Certificates", "web"))
    own = service(page, "OCSP responder")
    page.choose("fault", "Stale", own)
    page.type("by", "2d", own)
    page.click("Add", own)
    page.click("Answer with these", own)
    page.see("summary .chip", "Stale by=2d", own)
    page.click("Script: one answer after the other", own)
    page.click("Add these faults as an answer", own)
    page.click("Run the script", own)
    page.see("summary .chip", "script: 1 left", own)
    page.see("input[type=range]").send_keys(Keys.ARROW_RIGHT)
    page.see("p", "4 things done here by hand:")
    page.click("as Python")
    text = page.see("pre", "def test_done_by_hand").text
    with PKI() as again:
        names: dict[str, Any] = {}
        exec(text, names)
        names["test_done_by_hand"](again)
        assert again.clock.offset.days == 1
        assert again.ocsp.script_left == 1
        assert again.ocsp.rules[None] == (Stale(by=timedelta(days=2)),)
        again.ocsp.forget_script()
    page.click("as curl, for a shell that has jq")
    shell = page.see("pre", "base=").text
    served.ask("DELETE", f"{pki}/ocsp/script")
    served.ask("POST", f"{pki}/reset")
    served.ask("POST", f"{pki}/certificates/web/forget")
    subprocess.run([need("bash"), "-e", "-c", shell], check=True, capture_output=True)
    assert served.ask("GET", f"{pki}/ocsp")["script_left"] == 1
    assert [one["text"] for one in served.ask("GET", f"{pki}/ocsp")["faults"]] == ["Stale by=2d"]
    assert served.ask("GET", f"{pki}/certificates/web")["status"]["reason"] == "key_compromise"
    assert served.ask("GET", f"{pki}/clock")["offset"] == "P1D"
    served.ask("DELETE", f"{pki}/ocsp/script")


LEVELS = {
    "root": 1, "CA 1": 2, "north": 2, "north east": 3, "far": 4, "south": 2, "second north": 3,
}  # fmt: skip
"""Who is below whom, as a reader of screens is told: in the order in which they are shown."""


def test_many_cas_and_certificates_are_a_tree_and_found(console: Browser, served: Served) -> None:
    """CAs stand below their issuers and are folded, certificates are found by what they are and by whom,
    marks that are close together are one; and a CA is revoked where it stands."""
    path = served.make_pki(
        cas=[
            {"name": "north", "parent": "root"}, {"name": "south", "parent": "root"},
            {"name": "north east", "parent": "north"}, {"name": "far", "parent": "north east"},
            {"name": "second north", "parent": "south", "name_of": "north"},
        ],
        certificates=[
            {"name": f"w{number}", "identities": [f"w{number}.test"], "ca": "far" if number % 2 else "ca",
             "status": "revoked" if number == 17 else "good"}
            for number in range(24)
        ],
    )  # fmt: skip
    console.driver.get(f"{served.url}/#/{path.rpartition('/')[2]}")
    console.see("section li b", "w0")
    cas: Any = console.run(
        "return [...document.querySelectorAll('.cas > li')].map((one) => "
        "[one.querySelector('b').textContent, Number(one.ariaLevel), one.getBoundingClientRect().left, "
        "one.textContent])"
    )
    for (name, level, _, _), (wanted, depth) in zip(cas, LEVELS.items(), strict=True):
        assert (level, wanted in name) == (depth, True), name
    # The deeper, the further to the right.
    lefts = [left for _, _, left, _ in cas]
    assert [sorted(set(lefts)).index(left) + 1 for left in lefts] == list(LEVELS.values())
    assert "has the name of north, too" in cas[-1][3]
    assert not any(one.is_displayed() for one in console.all(".service")[:3])

    def shown() -> Any:
        return console.run(
            "return [...document.querySelectorAll('.cards:not(.cas) > li b')].map((one) => one.textContent)"
        )

    assert len(shown()) == 20
    assert [one.text for one in console.all(".marks button")] == ["notAfter of w0 and 19 more"]
    for words, found in (
        ("w23.test", ["w23"]), ("revoked", ["w17"]), ("FAR w1", ["w1", "w11", "w13", "w15", "w17", "w19"]),
    ):  # fmt: skip
        console.type("find", words)
        assert shown() == found, words
    console.see("[role=status]", "6 of 24")
    console.type("find", "nobody")
    console.see(".empty", "None fits.")
    console.field("find").send_keys(Keys.CONTROL + "a", Keys.DELETE)
    console.click("Show all")
    assert len(shown()) == 24
    metrics = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    console.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    root = "document.documentElement"
    assert console.run(f"return {root}.scrollWidth <= {root}.clientWidth")
    console.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    # What was done by hand, with these: a CA revoked, a certificate of one of them, a server that it has.
    console.click("far", css="summary b")
    console.click("Revoke", card(console, "CAs and their services", "far"))
    until(lambda: served.ask("GET", f"{path}/cas/far")["status"]["status"], "revoked", console)
    console.see(".marks button", "nextUpdate of far's OCSP and 1 more")
    console.choose("issued by", "north east")
    console.type("for", "hand.test")
    console.click("Issue")
    console.wait(lambda: "hand.test" in shown(), "what was issued")
    console.choose("certificate", "hand.test")
    console.click("Start")
    server = console.see("pre", "--cert-status").text
    # As pasted.
    done = run(need("bash"), "-e", "-c", server)
    assert "you reached" in done.stdout, done.stderr
    console.choose("staple", "none", card(console, "TLS servers", "hand.test"))
    console.click("Staple this")
    console.see(".outcome .chip", "none")
    console.click("as Python")
    text = console.see("pre", "def test_done_by_hand").text
    names_of: dict[str, Any] = {}
    with PKI() as again:
        exec(text, names_of)
        names_of["test_done_by_hand"](again)
        below = [ca for ca in again.cas if ca.issuer is not None]
        assert [ca.issuer.status(ca).status for ca in below if ca.issuer] == ["good"] * 3 + ["revoked"]
    console.click("as curl, for a shell that has jq")
    shell = console.see("pre", "base=").text
    served.ask("POST", f"{path}/cas/north%20east/forget", {"certificates": ["far"]})
    subprocess.run([need("bash"), "-e", "-c", shell], check=True, capture_output=True)
    assert served.ask("GET", f"{path}/cas/far")["status"]["status"] == "revoked"
    assert len(served.ask("GET", f"{path}/certificates")["certificates"]) == 26
    servers = served.ask("GET", f"{path}/tls_servers")["tls_servers"]
    assert [one["staple"] for one in servers] == ["none", "none"]


@pytest.mark.skipif(all(not route.path.endswith("/toml") for route in TABLE), reason="no TOML is served")
def test_what_was_done_by_hand_is_there_as_toml(page: Browser, served: Served, pki: str) -> None:
    """The file that makes the PKI again has what was clicked together: it is what the API exports."""
    page.click("Hold", card(page, "Certificates", "web"))
    page.see(".chip", "on hold", card(page, "Certificates", "web"))
    page.click("as TOML: the PKI as it is now")
    shown = page.see("pre", "on_hold").text
    assert tomllib.loads(shown) == tomllib.loads(served.ask("GET", f"{pki}/toml").decode())
    [body] = tomllib.loads(shown)["pki"].values()
    again = served.make_pki(**body)
    assert served.ask("GET", f"{again}/certificates/web")["status"]["status"] == "on_hold"
    assert served.ask("GET", f"{again}/tls_servers/front")["staple"] == "honest"
