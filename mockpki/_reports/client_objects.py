"""A report on a client as JSON. Its keys stay what they are; there may be more of them one day.

* ``mockpki``: the version. ``command``: the client's, with its placeholders. ``seconds``: of the whole.
* ``policy``: ``name`` is what the client was judged by, ``demanded`` whether that was asked for, ``kept``
  whether every scenario ended as it should, ``exceptions`` where not.
* ``behaves_like``: ``named`` are the policies that fit best, each with ``exceptions``, and in words what
  these have in ``common``; ``exact`` is null, or what fits better, with ``words``, ``fields``,
  ``exceptions``, ``common`` and ``others`` that fit as well; ``no_verdict`` names the scenarios that say
  nothing; ``sentences`` say all this.
* ``scenarios``: one object each. ``verdict`` is accept, reject, hung, crashed, absent, or other: its alert
  was about something else; ``expected`` has ``verdict`` (accept, reject or either), ``reason`` and
  ``told_by``; ``ok`` and ``problems`` compare them; ``exit_status`` is null for a client that was killed,
  and for a server; ``asked``, ``alerts``, ``handshakes``, ``ocsp``, ``crl`` and ``crlite`` are the evidence,
  ``others`` what was asked about the rest of the chain; ``printed`` is what the client wrote.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from .._probe.inference import Fit
from .._probe.report import SOURCES, ClientReport, JudgedRun
from .._services.evidence import Request
from .._tls.handshake import Handshake
from ..relying_party import Policy
from ..scenarios import Asked

Object = dict[str, Any]


def make_objects(report: ClientReport) -> Object:
    """The whole."""
    inference = report.inference
    return {
        "mockpki": version("mockpki"),
        "command": list(report.command.words),
        "seconds": round(report.seconds, 3),
        "policy": {
            "name": report.label,
            "demanded": report.demanded,
            "kept": report.kept,
            "exceptions": [row.name for row in report.failures],
            "fields": _list_fields(report.policy),
        },
        "behaves_like": {
            "named": [_make_fit(fit) for fit in inference.named] if inference.judged else [],
            "exact": inference.exact and {**_make_fit(inference.exact), "others": inference.others},
            "no_verdict": list(inference.no_verdict),
            "sentences": list(inference.sentences),
        },
        "scenarios": [_make_scenario(row) for row in report.rows],
    }


def _list_fields(policy: Policy) -> Object:
    return {
        "sources": list(policy.sources),
        "whole_chain": policy.whole_chain,
        "hard_fail": policy.hard_fail,
        "sourceless_passes": policy.sourceless_passes,
        "unusable_rejects": policy.unusable_rejects,
        "sourceless_rejects": policy.sourceless_rejects,
        "unknown_rejects": policy.unknown_rejects,
        "require_staple": policy.require_staple,
        "honour_must_staple": policy.honour_must_staple,
        "bad_staple_rejects": policy.bad_staple_rejects,
    }


def _make_fit(fit: Fit) -> Object:
    return {
        "words": fit.words,
        "fields": _list_fields(fit.policy),
        "common": fit.common,
        "exceptions": list(fit.names),
    }


def _make_scenario(row: JudgedRun) -> Object:
    run, expected, seen = row.run, row.result.expectation, row.run.seen
    return {
        "name": row.name,
        "sentence": run.scenario.sentence,
        "verdict": run.verdict,
        "expected": {
            "verdict": str(expected.verdict),
            "reason": expected.reason,
            "told_by": sorted(expected.told_by),
        },
        "ok": row.ok,
        "problems": list(row.result.problems),
        "exit_status": run.ended.status,
        "seconds": round(run.outcome.seconds, 3),
        "words": run.outcome.words,
        "command": list(run.command),
        "asked": [source for source in SOURCES if source in seen.asked],
        "alerts": list(seen.alerts),
        "handshakes": [_make_handshake(shake) for shake in seen.handshakes],
        "ocsp": [_make_request(request) for request in seen.ocsp],
        "crl": [_make_request(request) for request in seen.crl],
        "crlite": [_make_request(request) for request in seen.crlite],
        "others": [_make_asked(asked) for asked in seen.others],
        "printed": run.ended.printed,
    }


def _make_handshake(shake: Handshake) -> Object:
    return {
        "version": shake.version,
        "server_name": shake.server_name,
        "staple_requested": shake.staple_requested,
        "staple": None if shake.staple is None else shake.staple.hex(),
        "completed": shake.completed,
        "alert": shake.alert,
        "error": shake.error,
    }


def _make_asked(asked: Asked) -> Object:
    return {
        "about": asked.about,
        "ocsp": [_make_request(request) for request in asked.ocsp],
        "crl": [_make_request(request) for request in asked.crl],
    }


def _make_request(request: Request) -> Object:
    return {
        "time": request.time.isoformat(),
        "method": request.method,
        "path": request.path,
        "status": request.answer.status,
        "faults": [repr(fault) for fault in request.faults],
        "sentence": str(request),
    }
