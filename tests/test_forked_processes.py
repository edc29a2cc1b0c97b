"""A PKI and processes: one that ends without closing it, and children that were forked from its own."""

import multiprocessing
import os
import sys
import warnings
from typing import Any

import pytest

from mockpki import PKI
from mockpki._engine.loop import Engine
from tests.kit.clients import handshake, status
from tests.kit.programs import run
from tests.kit.wire import Wire, get, held

_NEVER_CLOSED = """
import http.client, threading
from urllib.parse import urlsplit
from mockpki import PKI, faults
pki = PKI()
leaf = pki.issue_cert("localhost")
server = pki.tls_server(leaf).__enter__()
print(leaf.cert_file)
pki.crl.respond_with(faults.Hang())
connection = http.client.HTTPConnection(urlsplit(pki.crl.url).netloc)
connection.request("GET", "/")
pki.crl.wait_for_request()
"""


@pytest.mark.parametrize("end", ["", "raise SystemExit", "del pki, server, leaf; import gc; gc.collect()"])
def test_a_pki_that_is_never_closed(end: str) -> None:
    """The process ends all the same, and removes the files; it warns of the resource at most."""
    done = run(sys.executable, "-W", "default::ResourceWarning", "-c", _NEVER_CLOSED + end)
    assert done.returncode == 0
    assert "ResourceWarning: unclosed <PKI" in done.stderr
    assert "Traceback" not in done.stderr
    assert not os.path.exists(os.path.dirname(done.stdout.strip()))
    silent = run(sys.executable, "-c", _NEVER_CLOSED + end)
    assert (silent.returncode, silent.stderr) == (0, "")


def _in_child(answers: Any, inherited: PKI | None = None) -> None:
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        answers.put((status(pki, leaf), os.path.exists(leaf.cert_file)))
    if inherited is not None:
        try:
            inherited.issue_cert("localhost")
        except ValueError as error:
            answers.put(str(error))
        inherited.close()
    answers.put((held()["threads"], Engine._current))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_in_a_forked_child() -> None:
    """A child makes a PKI of its own; its parent's is not its to use, and it takes nothing from it."""
    context = multiprocessing.get_context("fork")
    with PKI() as pki, warnings.catch_warnings():
        # Python's own, of threads and fork: that is what this test is about.
        warnings.simplefilter("ignore", DeprecationWarning)
        leaf = pki.issue_cert("localhost")
        path = leaf.cert_file
        answers = context.Queue()
        with Wire(pki.crl.url) as wire, pki.tls_server(leaf) as server:
            wire.send(get())
            assert wire.answer().status == 200
            for _ in range(3):
                child = context.Process(target=_in_child, args=(answers, pki))
                child.start()
                assert answers.get(timeout=30) == ("good", True)
                assert "lives in the process that this one was forked from" in answers.get(timeout=30)
                assert answers.get(timeout=30) == ([], None)
                child.join(30)
                assert child.exitcode == 0
            # The parent's connection, its services and its files are as they were.
            wire.send(get())
            assert wire.answer().status == 200
            assert status(pki, leaf) == "good"
            handshake(pki, server)
        assert os.path.exists(path)
        answers.close()
        answers.join_thread()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_without_a_pki_in_its_parent() -> None:
    """Where the parent has none, and had some before, a child is like any process."""
    context = multiprocessing.get_context("fork")
    PKI().close()
    answers = context.Queue()
    child = context.Process(target=_in_child, args=(answers,))
    child.start()
    assert answers.get(timeout=30) == ("good", True)
    assert answers.get(timeout=30) == ([], None)
    child.join(30)
    assert child.exitcode == 0
    answers.close()
    answers.join_thread()
