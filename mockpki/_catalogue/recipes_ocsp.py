"""How to write the cases that other suites test with OCSP answers, each as code of this catalogue."""

# What the recipes are written in: every fault by its name.
# ruff: noqa: F405

from __future__ import annotations

from datetime import timedelta

from .._pki import PKI
from ..faults import *
from .recipe import Recipe, ocsp

OCSP_RECIPES: tuple[Recipe, ...] = (
    # Honest, or odd within the rules.
    ocsp("good_by_key", lambda pki, leaf: ByKey()),
    ocsp("good_by_name", lambda pki, leaf: ByName()),
    ocsp("good_no_next_update", lambda pki, leaf: NoNextUpdate(age=timedelta(hours=1))),
    ocsp("good_certid_sha256", lambda pki, leaf: CertIDHash("sha256")),
    ocsp("good_sha1_sig", lambda pki, leaf: SignatureDigest("sha1")),
    ocsp("good_sha512_sig", lambda pki, leaf: SignatureDigest("sha512")),
    ocsp("good_explicit_version_v1", lambda pki, leaf: Version(0)),
    # Statuses.
    ocsp("revoked", lambda pki, leaf: Revoked()),
    ocsp("revoked_reason_keycompromise", lambda pki, leaf: Revoked("key_compromise")),
    ocsp("revoked_hold", lambda pki, leaf: Revoked("certificate_hold")),
    ocsp("revoked_in_future", lambda pki, leaf: Revoked(at=pki.clock.now() + timedelta(days=3))),
    ocsp(
        "revoked_1970_hold_nonissued",
        lambda pki, leaf: ExtendedRevoke(),
        setup=lambda pki, leaf: pki.forget(leaf),
    ),
    ocsp("unknown", lambda pki, leaf: Unknown()),
    # The envelope.
    ocsp("err_malformed_request", lambda pki, leaf: MalformedRequest()),
    ocsp("err_internal_error", lambda pki, leaf: InternalError()),
    ocsp("err_try_later", lambda pki, leaf: TryLater()),
    ocsp("err_status4_unused", lambda pki, leaf: ResponseStatusNumber(4)),
    ocsp("err_sig_required", lambda pki, leaf: SigRequired()),
    ocsp("err_unauthorized", lambda pki, leaf: Unauthorized()),
    ocsp("err_status17", lambda pki, leaf: ResponseStatusNumber(17)),
    ocsp("successful_no_bytes", lambda pki, leaf: NoResponseBytes()),
    ocsp("wrong_response_type_oid", lambda pki, leaf: WrongResponseType()),
    # Octets.
    ocsp("tbs_garbage", lambda pki, leaf: SignedGarbage()),
    ocsp("not_der", lambda pki, leaf: Garbage()),
    ocsp("zero_byte", lambda pki, leaf: Garbage(b"\0")),
    ocsp(
        "html_body",
        lambda pki, leaf: Garbage(b"<!DOCTYPE html><title>mockpki</title><p>This is not an OCSP response."),
    ),
    ocsp("truncated", lambda pki, leaf: Truncated()),
    ocsp("trailing_byte", lambda pki, leaf: Trailing()),
    ocsp("tbs_trailing", lambda pki, leaf: SignedTrailingAt()),
    ocsp("version_v2", lambda pki, leaf: Version(1)),
    # Times.
    ocsp("stale", lambda pki, leaf: Stale()),
    ocsp("stale_fresh_produced", lambda pki, leaf: Stale(fresh_signature=True)),
    ocsp("revoked_stale", lambda pki, leaf: (Revoked(), Stale())),
    ocsp("stale_by_2min", lambda pki, leaf: Stale(by=timedelta(minutes=2))),
    ocsp("future_this_update", lambda pki, leaf: Early()),
    ocsp("future_by_2min", lambda pki, leaf: Early(by=timedelta(minutes=2))),
    ocsp("next_before_this", lambda pki, leaf: NextBeforeThis(by=timedelta(hours=1))),
    ocsp("old_no_next_update", lambda pki, leaf: NoNextUpdate(age=timedelta(days=60))),
    ocsp(
        "long_window_19d_to_350d",
        lambda pki, leaf: Long(before=timedelta(days=19), after=timedelta(days=350)),
    ),
    ocsp(
        "produced_before_cert",
        lambda pki, leaf: ProducedAt(
            leaf.certificate.not_valid_before_utc - timedelta(days=3) - pki.clock.now()
        ),
    ),
    ocsp(
        "produced_after_cert",
        lambda pki, leaf: ProducedAt(
            leaf.certificate.not_valid_after_utc + timedelta(days=3) - pki.clock.now()
        ),
    ),
    ocsp("produced_in_future", lambda pki, leaf: ProducedAt(timedelta(days=3))),
    ocsp("this_update_fractional", lambda pki, leaf: OddTime("this_update", "fraction")),
    ocsp("this_update_tz_offset", lambda pki, leaf: OddTime("this_update", "offset")),
    ocsp("this_update_no_seconds", lambda pki, leaf: OddTime("this_update", "no_seconds")),
    ocsp("this_update_utctime", lambda pki, leaf: OddTime("this_update", "utc_time")),
    # Which certificate.
    ocsp("wrong_serial", lambda pki, leaf: WrongSerial()),
    ocsp("wrong_name_hash", lambda pki, leaf: WrongIssuerNameHash()),
    ocsp("wrong_key_hash", lambda pki, leaf: WrongIssuerKeyHash()),
    ocsp("certid_alg_mislabelled", lambda pki, leaf: MislabelledHash(as_="sha256")),
    ocsp("certid_unknown_hash", lambda pki, leaf: UnknownHash()),
    ocsp("no_single_responses", lambda pki, leaf: NoSingleResponses()),
    ocsp("multi_other_good_then_good", lambda pki, leaf: Singles(Single("good", other=True), Single("good"))),
    ocsp(
        "multi_other_good_then_revoked",
        lambda pki, leaf: Singles(Single("good", other=True), Single("revoked")),
    ),
    ocsp(
        "multi_other_revoked_then_good",
        lambda pki, leaf: Singles(Single("revoked", other=True), Single("good")),
    ),
    ocsp("multi_good_then_revoked_same", lambda pki, leaf: Singles(Single("good"), Single("revoked"))),
    ocsp("multi_revoked_then_good_same", lambda pki, leaf: Singles(Single("revoked"), Single("good"))),
    ocsp(
        "multi_stale_then_good_same",
        lambda pki, leaf: Singles(Single("good", timing=Stale()), Single("good")),
    ),
    ocsp("multi_good_then_unknown_same", lambda pki, leaf: Singles(Single("good"), Single("unknown"))),
    # Signatures and signers.
    ocsp("bad_signature", lambda pki, leaf: BadSignature()),
    ocsp("md5_sig", lambda pki, leaf: SignatureDigest("md5"), pki=lambda: PKI(key_type="RSA-2048")),
    ocsp("sigalg_oid_mismatch", lambda pki, leaf: MislabelledSignature()),
    ocsp("forged_unrelated_key_rid_issuer", lambda pki, leaf: Forged()),
    ocsp("foreign_ca_self_rid", lambda pki, leaf: WrongSigner()),
    ocsp("foreign_ca_embedded", lambda pki, leaf: WrongSigner(embed=True)),
    ocsp("same_name_other_key_embedded", lambda pki, leaf: SameName(embed=True)),
    ocsp("signed_by_root", lambda pki, leaf: ByRoot()),
    ocsp("signed_by_root_embedded", lambda pki, leaf: ByRoot(embed=True)),
    ocsp("wrong_rid_name", lambda pki, leaf: WrongResponderName()),
    ocsp("wrong_rid_key", lambda pki, leaf: WrongResponderKey()),
    ocsp("rid_key_short", lambda pki, leaf: ShortResponderKey()),
    ocsp("embed_issuer", lambda pki, leaf: Embed("issuer")),
    ocsp("embed_issuer_and_root", lambda pki, leaf: Embed("issuer", "root")),
    ocsp("embed_unrelated", lambda pki, leaf: Embed("unrelated")),
    # Delegates.
    ocsp("delegated_ok_key", lambda pki, leaf: (Delegate(), ByKey())),
    ocsp("delegated_ok_name", lambda pki, leaf: (Delegate(), ByName())),
    ocsp(
        "delegated_ok_last_of_4",
        lambda pki, leaf: (Delegate(), Embed("issuer", "root", "unrelated", first=True)),
    ),
    ocsp("delegated_missing", lambda pki, leaf: Delegate(embed=False)),
    ocsp(
        "delegated_missing_others_present",
        lambda pki, leaf: (Delegate(embed=False), Embed("issuer", "root", "unrelated")),
    ),
    ocsp("delegated_nonocheck", lambda pki, leaf: Delegate(nocheck=False)),
    ocsp("delegated_noeku", lambda pki, leaf: Delegate(eku=())),
    ocsp("delegated_wrongeku", lambda pki, leaf: Delegate(eku=("client_auth",))),
    ocsp("delegated_anyeku", lambda pki, leaf: Delegate(eku=("any",))),
    ocsp("delegated_truncoid", lambda pki, leaf: Delegate(eku=("1.3.6.1.5.5.7.3",))),
    ocsp("delegated_byroot", lambda pki, leaf: Delegate(issuer="root")),
    ocsp("delegated_byforeign", lambda pki, leaf: Delegate(issuer="stranger")),
    ocsp("delegated_spoofissuer", lambda pki, leaf: Delegate(issuer="spoof")),
    ocsp("delegated_expired", lambda pki, leaf: Delegate(not_after=timedelta(days=-3))),
    ocsp("delegated_future", lambda pki, leaf: Delegate(not_before=timedelta(days=3))),
    ocsp("delegated_ku_crlonly", lambda pki, leaf: Delegate(key_usage=("crl_sign",))),
    ocsp("delegated_badsig_on_cert", lambda pki, leaf: Delegate(tampered="signature")),
    ocsp("delegated_byroot_with_chain", lambda pki, leaf: (Delegate(issuer="root"), Embed("root"))),
    ocsp("delegated_wrong_key", lambda pki, leaf: (Delegate(), Forged())),
    ocsp("delegated_revoked_status", lambda pki, leaf: (Delegate(), Revoked())),
    ocsp(
        "delegated_by_revoked",
        lambda pki, leaf: Delegate(
            serial_number=4711, nocheck=False, ocsp_url=pki.ocsp.url, crl_url=pki.crl.url
        ),
        setup=lambda pki, leaf: pki.revoke(4711),
    ),
    ocsp("signed_by_sibling_leaf", lambda pki, leaf: Delegate(eku=("server_auth",), nocheck=False)),
    # Extensions.
    ocsp("response_ext_noncritical", lambda pki, leaf: ResponseExtension(critical=False)),
    ocsp("response_ext_critical", lambda pki, leaf: ResponseExtension(critical=True)),
    ocsp("single_ext_noncritical", lambda pki, leaf: SingleExtension(critical=False)),
    ocsp("single_ext_critical", lambda pki, leaf: SingleExtension(critical=True)),
    ocsp("response_ext_empty", lambda pki, leaf: EmptyResponseExtensions()),
    ocsp("single_ext_empty", lambda pki, leaf: EmptySingleExtensions()),
    ocsp("unsolicited_nonce", lambda pki, leaf: Nonce()),
)
"""Every one of them, by what it is about."""
