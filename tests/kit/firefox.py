"""Firefox ESR without a screen, told what to do by its Marionette protocol."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockpki import PKI
from tests.kit.programs import run

PATIENCE = 120.0
"""Seconds for a browser to start on a machine that has other things to do."""
PREFERENCES = {
    # Otherwise SCTs count only of the logs that it knows, and nothing is covered.
    "security.pki.certificate_transparency.mode": 0,
    # So that filters alone decide.
    "security.OCSP.enabled": 0,
    "network.dns.native-is-localhost": True,
    # Its own filters, and whatever else it would fetch.
    "security.remote_settings.crlite_filters.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/v1",
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.url": "",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    # Any port that is free.
    "marionette.port": 0,
}
_LOAD = """
const [url, done] = arguments;
const request = new XMLHttpRequest();
request.open("GET", url);
request.onload = () => done(String(request.status));
request.onerror = () => {
  const { securityInfo, status } = request.channel;
  done((securityInfo && securityInfo.errorCodeString) || "error " + status.toString(16));
};
request.send();
"""
_SET_FILTER = """
const [octets, done] = arguments;
const storage = Cc["@mozilla.org/security/certstorage;1"].getService(Ci.nsICertStorage);
storage.setFullCRLiteFilter(new Uint8Array(octets), done);
"""
_ADD_DELTA = """
const [octets, name, done] = arguments;
const storage = Cc["@mozilla.org/security/certstorage;1"].getService(Ci.nsICertStorage);
storage.addCRLiteDelta(new Uint8Array(octets), name, done);
"""


class Firefox:
    """A browser that runs. Its replies come one by one, each behind its length and a colon."""

    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._file = self._sock.makefile("rb")
        self._count = 0
        self._read()
        self.call("WebDriver:NewSession")
        self.call("Marionette:SetContext", value="chrome")

    def call(self, command: str, **parameters: object) -> Any:
        """The result of a *command*; RuntimeError with what it says for one that fails."""
        self._count += 1
        message = json.dumps([0, self._count, command, parameters]).encode()
        self._sock.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{command}: {error}")
        return result

    def _read(self) -> Any:
        size = b""
        while not size.endswith(b":"):
            octet = self._file.read(1)
            if not octet:
                raise ConnectionError("Firefox has closed its connection")
            size += octet
        return json.loads(self._file.read(int(size[:-1])))

    def _run(self, script: str, *arguments: object) -> Any:
        parameters = {"script": script, "args": arguments, "scriptTimeout": int(PATIENCE * 1000)}
        return self.call("WebDriver:ExecuteAsyncScript", **parameters)["value"]

    def load(self, url: str) -> str:
        """The HTTP status of what is there, or the error that kept it from being loaded."""
        return str(self._run(_LOAD, url))

    def set_filter(self, octets: bytes) -> None:
        """Have it use this filter from now on, without deltas."""
        assert self._run(_SET_FILTER, list(octets)) == 0

    def add_delta(self, octets: bytes, name: str) -> None:
        """Have it use this delta, too."""
        assert self._run(_ADD_DELTA, list(octets), name) == 0

    def quit(self) -> None:
        """Have it end."""
        with contextlib.suppress(ConnectionError):
            self.call("Marionette:Quit", flags=["eForceQuit"])
        self._file.close()
        self._sock.close()


@contextlib.contextmanager
def firefox(pki: PKI, profile: Path) -> Iterator[Firefox]:
    """Firefox that trusts *pki*, with all it writes in *profile*; skips the test where it is not there."""
    programs = {name: shutil.which(name) for name in ("firefox-esr", "certutil")}
    for name, path in programs.items():
        if path is None:
            pytest.skip(f"{name} is not installed: apt-get install firefox-esr libnss3-tools")
    settings = (
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()
    )
    (profile / "user.js").write_text("".join(settings), encoding="ascii")
    database = ("-d", f"sql:{profile}")
    run(programs["certutil"], "-N", *database, "--empty-password")
    run(programs["certutil"], "-A", *database, "-n", "root", "-t", "C,,", "-a", "-i", pki.ca_file)
    with (profile / "printed").open("wb") as printed:
        process = subprocess.Popen(
            [str(programs["firefox-esr"]), "--headless", "--marionette", "--remote-allow-system-access",
             "--no-remote", "--profile", str(profile), "about:blank"],
            env={**os.environ, "HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"},
            stdout=printed, stderr=printed, start_new_session=True,
        )  # fmt: skip
        try:
            browser = Firefox(_find_port(process, profile))
            yield browser
            browser.quit()
            process.wait(PATIENCE)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _find_port(process: subprocess.Popen[bytes], profile: Path) -> int:
    """The port of its protocol, once it listens there."""
    file, end = profile / "MarionetteActivePort", time.monotonic() + PATIENCE
    while not (file.exists() and file.read_text(encoding="ascii").strip()):
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"Firefox did not start: {(profile / 'printed').read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
    return int(file.read_text(encoding="ascii"))
