"""How much of everything there is, and how little is left of it at the end."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from mockpki._serve import limits
from tests.kit.serving import Served, live_by_calls, serving


def count_descriptors() -> int:
    """How many files and sockets this process has open; 0 where the system does not say."""
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.exists() else 0


def test_the_numbers_are_those_that_are_told() -> None:
    """Each limit, once: what is documented is what holds."""
    assert (limits.LARGEST_BODY, limits.LARGEST_HEAD) == (1 << 20, 64 << 10)
    assert (limits.CAS, limits.CERTIFICATES, limits.SERVERS) == (50, 10_000, 100)
    assert (timedelta(seconds=60), 30, 1000) == (limits.LONGEST_WAIT, limits.IDLE, limits.REMEMBERED)
    assert limits.Limits() == limits.Limits(pkis=200, ttl=None, journal=10_000)


def test_two_hundred_pkis_by_eight_clients_at_once() -> None:
    """Every call of every client succeeds, and at the end there is nothing more than before."""
    with serving(limits.Limits(pkis=8)) as served:
        live_by_calls(served, "first")
        threads, descriptors = threading.active_count(), count_descriptors()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: live_by_calls(served, f"n{number}", number % 8 == 0), range(200)))
        assert served.ask("GET", "/health")["pkis"] == 0
        for thread in threading.enumerate():
            if "process_request_thread" in thread.name:
                thread.join(10)
        assert threading.active_count() <= threads
        # A connection of the last calls may be on its way out.
        assert count_descriptors() <= descriptors + 2


def test_a_journal_keeps_the_newest_and_counts_the_rest() -> None:
    """Of many requests the last are there; numbers go on, and `dropped` says how many are not kept."""
    with serving(limits.Limits(journal=5)) as served:
        pki = served.make_pki()
        url = served.ask("GET", f"{pki}/crl")["url"]
        other = Served(url, served.topology)
        for _ in range(12):
            other.send("GET", "/crl")
        found = served.ask("GET", f"{pki}/crl/requests")
        assert ([one["number"] for one in found["requests"]], found["last"]) == ([8, 9, 10, 11, 12], 12)
        assert found["dropped"] == 7
        service = served.ask("GET", f"{pki}/crl")
        assert (service["asked"], service["last"], service["dropped"]) == (12, 12, 7)
        page = served.ask("GET", f"{pki}/crl/requests?after=8&limit=2")
        assert ([one["number"] for one in page["requests"]], page["last"]) == ([9, 10], 10)
        assert served.ask("GET", f"{pki}/crl/requests/12")["number"] == 12
        for number in (7, 13):
            served.refuse("GET", f"{pki}/crl/requests/{number}", status=404)
        served.ask("POST", f"{pki}/crl/reset", status=204)
        assert served.ask("GET", f"{pki}/crl/requests") == {"requests": [], "last": 12, "dropped": 0}
        assert served.ask("GET", f"{pki}/crl")["asked"] == 0


def test_a_stop_does_not_wait_for_who_is_attached() -> None:
    """A server that stops while a client waits for a minute ends at once, and so does the client's call."""
    with ThreadPoolExecutor(1) as pool:
        with serving() as served:
            pki = served.make_pki()
            hosted = served.topology.open_pkis()[0]
            waiting = pool.submit(served.send, "GET", f"{pki}/ocsp/requests?wait=60s")
            while not hosted._wakers:
                pass
        assert waiting.result().status == 410
