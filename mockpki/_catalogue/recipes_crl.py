"""The names that other harnesses give to CRLs, each as an expression of this catalogue."""

from __future__ import annotations

from .recipe import Alias

_REVOKED = "pki.revoke(leaf)"
_OTHER_REVOKED = "pki.revoke(leaf.serial_number + 1)"


def _crl(name: str, expression: str, setup: str = "", pki: str = "PKI()") -> Alias:
    return Alias(name, expression, "CRL", setup, pki)


CRL_ALIASES: tuple[Alias, ...] = (
    # What it lists.
    _crl("good_empty", "()"),
    _crl("good_other_serial", "()", _OTHER_REVOKED),
    _crl("revoked", "()", _REVOKED),
    _crl("revoked_keycompromise", "()", "pki.revoke(leaf, 'key_compromise')"),
    _crl("revoked_remove_from_crl", "EntryReason('remove_from_crl', of=leaf)", _REVOKED),
    _crl("revoked_in_future", "RevocationDate(timedelta(days=1), of=leaf)", _REVOKED),
    _crl("entry_unknown_critical_other", "EntryExtension(critical=True)", _OTHER_REVOKED),
    _crl("entry_unknown_critical_revoked", "EntryExtension(critical=True, of=leaf)", _REVOKED),
    _crl("empty_revoked_seq", "EmptyRevoked()"),
    _crl("duplicate_entry", "DuplicateEntry(of=leaf)", _REVOKED),
    # Its times.
    _crl("expired", "Stale()"),
    _crl("expired_by_2min", "Stale(by=timedelta(minutes=2))"),
    _crl("revoked_expired_crl", "Stale()", _REVOKED),
    _crl("future", "Early()"),
    _crl("next_before_this", "NextBeforeThis()"),
    _crl("no_next_update", "NoNextUpdate()"),
    _crl("generalized_time", "GeneralizedTime('this_update'), GeneralizedTime('next_update')"),
    # Its number, its issuer, its version.
    _crl("no_crl_number", "NoCrlNumber()"),
    _crl("crl_number_critical", "CrlNumber(None, critical=True)"),
    _crl("crl_number_negative", "CrlNumber(-1)"),
    _crl("crl_number_21_octets", "CrlNumber(2**160)"),
    _crl("no_aki", "NoAki()"),
    _crl("aki_mismatch", "WrongAki()"),
    _crl("wrong_issuer_name", "WrongIssuerName()"),
    _crl("v1_crl", "CrlVersion(None), NoCrlExtensions()"),
    _crl("v1_with_ext", "CrlVersion(None)"),
    _crl("v3_crl", "CrlVersion(2)"),
    # Its signature.
    _crl("bad_signature", "BadSignature()"),
    _crl("revoked_bad_signature", "BadSignature()", _REVOKED),
    _crl("signed_other_key", "Forged()"),
    _crl("revoked_signed_other_key", "Forged()", _REVOKED),
    _crl("sigalg_mismatch", "MislabelledSignature()"),
    _crl("md5_sig", "SignatureDigest('md5')", pki="PKI(key_type='RSA-2048')"),
    _crl("sha1_sig", "SignatureDigest('sha1')"),
    # Its extensions and its scope.
    _crl("unknown_ext", "CrlExtension()"),
    _crl("unknown_critical_ext", "CrlExtension(critical=True)"),
    _crl("revoked_unknown_critical_ext", "CrlExtension(critical=True)", _REVOKED),
    _crl("delta_crl", "DeltaCrl()"),
    _crl("idp_only_user", "IssuingDistributionPoint(only_user=True)"),
    _crl("idp_only_ca", "IssuingDistributionPoint(only_ca=True)"),
    _crl("idp_only_attr", "IssuingDistributionPoint(only_attr=True)"),
    _crl("idp_uri_match", "IssuingDistributionPoint(pki.crl.url)"),
    _crl("idp_uri_mismatch", "IssuingDistributionPoint('http://other.invalid/ca.crl')", _REVOKED),
    _crl("idp_uri_mismatch_not_revoked", "IssuingDistributionPoint('http://other.invalid/ca.crl')"),
    _crl("idp_indirect", "IssuingDistributionPoint(indirect=True)"),
    _crl("idp_some_reasons", "IssuingDistributionPoint(some_reasons='key_compromise')"),
    _crl("idp_empty", "IssuingDistributionPoint()"),
    # Octets.
    _crl("garbage", "Garbage()"),
    _crl("truncated", "Truncated()"),
    _crl("trailing_byte", "Trailing()"),
    _crl("html", "Garbage(b'<!doctype html><title>Not here</title>')"),
    _crl("empty", "Garbage(b'')"),
)
"""Every one of them, by what it is about."""
