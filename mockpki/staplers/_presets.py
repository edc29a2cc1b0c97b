"""The designs that servers have, each as a policy with its defaults.

They describe documented designs and their defaults, not every setting of every release.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from .._parameters import check_arguments
from .._typed import suggest
from ._policy import ANY, GOOD, StaplePolicy
from ._rules import HALF_LIFE, AtFraction, BeforeEnd, Clamp, Exponential, Fixed

_SECOND, _MINUTE, _HOUR, _DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)

NGINX = StaplePolicy(
    trigger="lazy_async",
    error_ttl=5 * _MINUTE,
    refresh=Clamp(5 * _MINUTE, _HOUR, before_end=5 * _MINUTE),
    scope="worker",
    timeout=_MINUTE,
    method="GET",
)
"""nginx, ``ssl_stapling on``: the first handshake starts a fetch and goes without. Each worker has its own
cache; with ``replace(NGINX, workers=4)`` there are four."""

NGINX_FILE = StaplePolicy(
    trigger="file",
    staple=ANY,
    on_error_resp="relay",
    verify=False,
    check_times=False,
    on_expired="serve",
    persist=True,
)
"""nginx, ``ssl_stapling_file``: the octets of a file, for as long as the server runs."""

APACHE = StaplePolicy(
    trigger="lazy_blocking",
    wait=10 * _SECOND,
    staple=ANY,
    on_no_answer="fake_trylater",
    on_error_resp="relay",
    verify=False,
    ttl=_HOUR,
    error_ttl=10 * _MINUTE,
    on_refresh_fail="drop",
    on_expired="refetch_blocking",
    skew=5 * _MINUTE,
    scope="shared",
    lock=True,
)
"""Apache mod_ssl, ``SSLUseStapling on`` and defaults for the rest: it asks in the handshake, one at a time,
drops an answer after an hour, and staples an error where it has no answer."""

APACHE_QUIET = replace(APACHE, on_no_answer="omit", on_error_resp="omit", no_answer_ttl=timedelta())
"""The same with ``SSLStaplingReturnResponderErrors off`` and ``SSLStaplingFakeTryLater off``."""

MOD_MD = StaplePolicy(
    trigger="start_async",
    staple=ANY - {"unknown"},
    refresh=AtFraction(2 / 3, floor=0),
    retry=Exponential(30 * _SECOND, _DAY),
    on_expired="serve",
    assumed_life=12 * _HOUR,
    scope="shared",
    persist=True,
    nonce=True,
)
"""Apache mod_md, ``MDStapling on``: a watchdog asks from the start on, and what it has is kept on disk."""

HAPROXY = StaplePolicy(
    trigger="start_async",
    staple=ANY - {"unknown"},
    refresh=Clamp(5 * _MINUTE, _HOUR, before_end=_MINUTE),
    retry=Exponential(2 * _MINUTE, _HOUR),
    skew=-5 * _MINUTE,
    assumed_life=timedelta(),
    method="GET",
)
"""HAProxy, ``ocsp-update on``: a task in the background, which takes an answer to end five minutes early."""

CADDY = StaplePolicy(
    trigger="start_blocking",
    wait=None,
    refresh=AtFraction(0.5, floor=0),
    retry=Fixed(_HOUR),
    tick=_HOUR,
    on_expired="serve",
    persist=True,
)
"""Caddy: it asks when it loads a certificate, before the port opens, and looks at its staples every hour."""

HITCH = StaplePolicy(
    trigger="start_async",
    refresh=BeforeEnd(10 * _MINUTE),
    retry=Fixed(5 * _MINUTE),
    scope="shared",
    persist=True,
)
"""hitch, ``ocsp-dir``: a process beside the workers asks, and keeps files for them."""

ENVOY_LENIENT = StaplePolicy(
    trigger="file",
    staple=ANY,
    verify=False,
    check_times=False,
    abort_with="handshake_failure",
    must_staple="fail",
    persist=True,
)
"""Envoy, ``ocsp_staple_policy: LENIENT_STAPLING``: it never asks. A staple that is over is left out."""

ENVOY_STRICT = replace(ENVOY_LENIENT, on_expired="abort")
"""The same with ``STRICT_STAPLING``: a certificate whose staple is over is not used."""

ENVOY_MUST_STAPLE = replace(ENVOY_STRICT, on_no_answer="abort")
"""The same with ``MUST_STAPLE``: nor is one without a staple."""

NODE_OCSP = StaplePolicy(
    trigger="lazy_blocking",
    wait=None,
    staple=ANY,
    remember=GOOD,
    on_no_answer="abort",
    on_error_resp="relay",
    verify=False,
    check_times=False,
    on_refresh_fail="drop",
    on_expired="refetch_blocking",
    timeout=2 * _MINUTE,
)
"""Node.js with its event ``OCSPRequest`` and the npm package ``ocsp``, whose cache is asked first. The
time-out is that of ``tls.Server`` for a handshake; the fetch has none of its own."""

JSSE = StaplePolicy(
    trigger="lazy_blocking",
    wait=5 * _SECOND,
    staple=ANY,
    verify=False,
    check_times=False,
    ttl=_HOUR,
    on_refresh_fail="drop",
    on_expired="refetch_blocking",
    timeout=15 * _SECOND,
    method="GET",
)
"""Java, ``jdk.tls.server.enableStatusRequestExtension=true``: the handshake waits five seconds; what comes
later is for the next one."""

SQUARESPACE = StaplePolicy(
    trigger="lazy_async",
    sightings=2,
    error_ttl=5 * _MINUTE,
    refresh=HALF_LIFE,
    method="GET",
)
"""Squarespace's front end, as its authors described it in 2016: nothing is fetched for a name that is seen
once. A Bloom filter remembers those; the second handshake starts a fetch, later ones are stapled. How it
refreshes, what it does after a failure and when it forgets was not described, and is filled in here."""

IDEAL = StaplePolicy(
    trigger="start_async",
    wait=None,
    staple=ANY - {"unknown"},
    refresh=Clamp(_HOUR, _DAY, before_end=_HOUR, in_time=True),
    retry=Exponential(_MINUTE, _HOUR),
    must_staple="fail_at_start",
    scope="shared",
    persist=True,
    method="GET",
    every_url=True,
)
"""What critics of the others ask for: fetched ahead and in the background, checked, kept on disk and to its
very end, tried again with patience; and no start with a must-staple certificate and no good staple. It asks
once a day, and an hour before the end at the latest: with answers for a week it lives through an outage of
six days, and hides a revocation for a day at most, since what is revoked is stapled, too."""

NAMED: dict[str, StaplePolicy] = {
    "nginx": NGINX,
    "nginx-file": NGINX_FILE,
    "apache": APACHE,
    "apache-quiet": APACHE_QUIET,
    "mod-md": MOD_MD,
    "haproxy": HAPROXY,
    "caddy": CADDY,
    "hitch": HITCH,
    "envoy-lenient": ENVOY_LENIENT,
    "envoy-strict": ENVOY_STRICT,
    "envoy-must-staple": ENVOY_MUST_STAPLE,
    "node-ocsp": NODE_OCSP,
    "jsse": JSSE,
    "squarespace": SQUARESPACE,
    "ideal": IDEAL,
}
"""The policies above, by name."""


@check_arguments
def named(name: Annotated[str, "the name of a stapling policy, such as 'nginx'"]) -> StaplePolicy:
    """The policy of that name. Raises LookupError, with near names, where there is none."""
    found = NAMED.get(name.lower().replace("_", "-"))
    if found is None:
        hint = suggest(name.lower(), NAMED, cutoff=0.4)
        raise LookupError(f"there is no stapling policy {name!r}; {hint}")
    return found
