"""Runs of pytest in a process of their own, over a test module with a few helpers at its head."""

import pytest

HEAD = """
import http.client
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit
import pytest
from mockpki import PKI, faults

def get(url):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", urlsplit(url).path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()

@dataclass(frozen=True)
class Mine(faults.HTTP):
    '''A fault of the user's own, with a mistake in it.'''
    error: type = KeyError
    def __call__(self, honest):
        raise self.error("the mistake in it")
"""


OPTIONS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-W", "error", "--strict-markers")


def inner(pytester: pytest.Pytester, body: str, *options: str) -> pytest.RunResult:
    """A run of pytest over a test module with *body*."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(HEAD + body)
    return pytester.runpytest_subprocess(*OPTIONS, *options)
