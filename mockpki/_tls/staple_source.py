"""Where a TLS server's staples come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, get_args

from .._awaitables import refuse_async, refuse_awaitable
from .._ca.ca import CA
from .._ca.leaf import Leaf
from .._exchange.staples import StapleMessages
from .._layers import Fault, StapleFault, Stapling, check
from .._parameters import show
from ..faults._stapling import bend_messages
from ..staplers._policy import StaplePolicy
from ..staplers._provision import Provision
from ..staplers._stapler import Stapler

StapleFunction = Callable[[Leaf], bytes | None]
"""A staple for a leaf, by the test's own means: DER, or None for none.

It is called at each handshake whose client asks, on a thread of its own: it may take its time, and
fetch the staple over the network, from the PKI's own responder for one.
"""

Staple = Sequence[StapleFault] | bytes | StapleFunction | StaplePolicy | Stapler | None


@dataclass(frozen=True)
class Ready:
    """A staple that is quickly made and waits for nobody, so that the loop itself may do it.

    *reason* says why it is what it is; *faults* bend how it is written.
    """

    make: StapleFunction
    reason: str
    faults: tuple[Stapling, ...] = ()


HONEST = "an honest one, made for this handshake"
"""The reason for a staple that nothing is wrong with."""
Source = Ready | StapleFunction | Stapler
"""Where a server's staples come from."""


def faults_of(source: Source) -> tuple[Stapling, ...]:
    """Those that bend how its staples are written."""
    return source.faults if isinstance(source, Ready) else ()


def staple_source(staple: Staple) -> Source:
    """What ``staple=`` means. Raises TypeError for what no staple can be."""
    if staple is None:
        return Ready(lambda leaf: None, "the server has none")
    if isinstance(staple, Stapler):
        return staple
    if isinstance(staple, StaplePolicy):
        return Stapler(staple)
    if isinstance(staple, bytes | bytearray):
        fixed = bytes(staple)
        return Ready(lambda leaf: fixed, "the octets that the test gave")
    if isinstance(staple, list | tuple):
        checked = check(staple, get_args(StapleFault), "a staple")
        bytes_faults = tuple(fault for fault in checked if not isinstance(fault, Stapling))
        return Ready(
            lambda leaf: _response_for(leaf, 0, *bytes_faults),
            f"bent by {', '.join(map(repr, checked))}" if checked else HONEST,
            tuple(fault for fault in checked if isinstance(fault, Stapling)),
        )
    if isinstance(staple, Fault):
        raise TypeError(f"staple= takes a list of faults; write staple=[{staple!r}]")
    if callable(staple) and not isinstance(staple, type):
        refuse_async(staple, "staple=", "write it with `def`; it has a thread of its own, and may wait there")
        return staple
    raise TypeError(
        "staple= takes a stapling policy, a Stapler, a list of faults, DER bytes, None, or a function of the "
        f"leaf; got {show(staple)}"
    )


def _response_for(leaf: Leaf, place: int, *faults: Any) -> bytes:
    """The OCSP response about the certificate at *place* of the leaf's chain, by whoever issued it."""
    about: Leaf | CA = leaf
    issuer: CA | None = leaf.issuer
    for _ in range(place):
        if issuer is not None:
            about, issuer = issuer, issuer.issuer
    if issuer is None:
        raise LookupError(f"{about!r} is a root: nobody is above it to answer for it")
    return issuer.ocsp.response_for(about, *faults)


def bend_staple_messages(leaf: Leaf, faults: tuple[Stapling, ...], honest: StapleMessages) -> StapleMessages:
    return bend_messages(replace(honest, response_for=partial(_response_for, leaf)), faults)


def make_provision(make: StapleFunction, reason: str, leaf: Leaf) -> Future[Provision]:
    """What *make* returned for *leaf*, or raised."""
    try:
        made = make(leaf)
        refuse_awaitable(made, make, "staple=")
        if made is not None and not isinstance(made, bytes):
            raise TypeError(f"a stapler returns DER bytes or None; {make!r} returned {made!r}")
        return done_with(Provision(made, reason))
    # Also what is no Exception, such as pytest.fail() in a function of the test's own.
    except BaseException as error:
        future: Future[Provision] = Future()
        future.set_exception(error)
        return future


def done_with(provision: Provision) -> Future[Provision]:
    future: Future[Provision] = Future()
    future.set_result(provision)
    return future
