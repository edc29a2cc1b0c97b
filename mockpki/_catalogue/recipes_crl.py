"""How to write the cases that other suites test with CRLs, each as code of this catalogue."""

# What the recipes are written in: every fault by its name.
# ruff: noqa: F405

from __future__ import annotations

from datetime import timedelta

from .._ca.leaf import Leaf
from .._pki import PKI
from ..faults import *
from .recipe import Recipe, crl


def _revoke(pki: PKI, leaf: Leaf) -> None:
    pki.revoke(leaf)


def _revoke_another(pki: PKI, leaf: Leaf) -> None:
    pki.revoke(leaf.serial_number + 1)


CRL_RECIPES: tuple[Recipe, ...] = (
    # What it lists.
    crl("good_empty", lambda pki, leaf: ()),
    crl("good_other_serial", lambda pki, leaf: (), setup=_revoke_another),
    crl("revoked", lambda pki, leaf: (), setup=_revoke),
    crl(
        "revoked_keycompromise",
        lambda pki, leaf: (),
        setup=lambda pki, leaf: pki.revoke(leaf, "key_compromise"),
    ),
    crl("revoked_remove_from_crl", lambda pki, leaf: EntryReason("remove_from_crl", of=leaf), setup=_revoke),
    crl("revoked_in_future", lambda pki, leaf: RevocationDate(timedelta(days=3), of=leaf), setup=_revoke),
    crl(
        "entry_unknown_critical_other", lambda pki, leaf: EntryExtension(critical=True), setup=_revoke_another
    ),
    crl(
        "entry_unknown_critical_revoked",
        lambda pki, leaf: EntryExtension(critical=True, of=leaf),
        setup=_revoke,
    ),
    crl("empty_revoked_seq", lambda pki, leaf: EmptyRevoked()),
    crl("duplicate_entry", lambda pki, leaf: DuplicateEntry(of=leaf), setup=_revoke),
    # Its times.
    crl("expired", lambda pki, leaf: Stale()),
    crl("expired_by_2min", lambda pki, leaf: Stale(by=timedelta(minutes=2))),
    crl("revoked_expired_crl", lambda pki, leaf: Stale(), setup=_revoke),
    crl("future", lambda pki, leaf: Early()),
    crl("next_before_this", lambda pki, leaf: NextBeforeThis(by=timedelta(hours=1))),
    crl("no_next_update", lambda pki, leaf: NoNextUpdate()),
    crl(
        "generalized_time", lambda pki, leaf: (GeneralizedTime("this_update"), GeneralizedTime("next_update"))
    ),
    # Its number, its issuer, its version.
    crl("no_crl_number", lambda pki, leaf: NoCrlNumber()),
    crl("crl_number_critical", lambda pki, leaf: CrlNumber(None, critical=True)),
    crl("crl_number_negative", lambda pki, leaf: CrlNumber(-1)),
    crl("crl_number_21_octets", lambda pki, leaf: CrlNumber(2**160)),
    crl("no_aki", lambda pki, leaf: NoAki()),
    crl("aki_mismatch", lambda pki, leaf: WrongAki()),
    crl("wrong_issuer_name", lambda pki, leaf: WrongIssuerName()),
    crl("v1_crl", lambda pki, leaf: (CrlVersion(None), NoCrlExtensions())),
    crl("v1_with_ext", lambda pki, leaf: CrlVersion(None)),
    crl("v3_crl", lambda pki, leaf: CrlVersion(2)),
    # Its signature.
    crl("bad_signature", lambda pki, leaf: BadSignature()),
    crl("revoked_bad_signature", lambda pki, leaf: BadSignature(), setup=_revoke),
    crl("signed_other_key", lambda pki, leaf: Forged()),
    crl("revoked_signed_other_key", lambda pki, leaf: Forged(), setup=_revoke),
    crl("sigalg_mismatch", lambda pki, leaf: MislabelledSignature()),
    crl("md5_sig", lambda pki, leaf: SignatureDigest("md5"), pki=lambda: PKI(key_type="RSA-2048")),
    crl("sha1_sig", lambda pki, leaf: SignatureDigest("sha1")),
    # Its extensions.
    crl("unknown_ext", lambda pki, leaf: CrlExtension()),
    crl("unknown_critical_ext", lambda pki, leaf: CrlExtension(critical=True)),
    crl("revoked_unknown_critical_ext", lambda pki, leaf: CrlExtension(critical=True), setup=_revoke),
    crl("delta_crl", lambda pki, leaf: DeltaCrl()),
    # Its scope: the leaf is listed, so a client that does not look at the scope says revoked.
    crl("idp_only_user", lambda pki, leaf: IssuingDistributionPoint(only_user=True), setup=_revoke),
    crl("idp_only_ca", lambda pki, leaf: IssuingDistributionPoint(only_ca=True), setup=_revoke),
    crl("idp_only_attr", lambda pki, leaf: IssuingDistributionPoint(only_attr=True), setup=_revoke),
    crl("idp_uri_match", lambda pki, leaf: IssuingDistributionPoint(pki.crl.url), setup=_revoke),
    crl(
        "idp_uri_mismatch",
        lambda pki, leaf: IssuingDistributionPoint("http://other.invalid/ca.crl"),
        setup=_revoke,
    ),
    crl(
        "idp_uri_mismatch_not_revoked",
        lambda pki, leaf: IssuingDistributionPoint("http://other.invalid/ca.crl"),
    ),
    crl("idp_indirect", lambda pki, leaf: IssuingDistributionPoint(indirect=True), setup=_revoke),
    crl(
        "idp_some_reasons",
        lambda pki, leaf: IssuingDistributionPoint(some_reasons="key_compromise"),
        setup=_revoke,
    ),
    crl("idp_empty", lambda pki, leaf: IssuingDistributionPoint(), setup=_revoke),
    # Octets.
    crl("garbage", lambda pki, leaf: Garbage()),
    crl("truncated", lambda pki, leaf: Truncated()),
    crl("trailing_byte", lambda pki, leaf: Trailing()),
    crl("html", lambda pki, leaf: Garbage(b"<!doctype html><title>Not here</title>")),
    crl("empty", lambda pki, leaf: Garbage(b"")),
)
"""Every one of them, by what it is about."""
