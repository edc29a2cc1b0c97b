"""Which certificates a CRL is about, and for which reasons: RFC 5280 section 6.3.3 (b), (d)."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509

from .finding import Unusable, find_extension
from .pointers import ALL_REASONS, Point, Reasons, all_names, distribution_points
from .revocation_list import RevocationList


def find_reasons(crl: RevocationList, certificate: x509.Certificate, *, extended: bool) -> Reasons:
    """The reasons for which the complete *crl* tells whether *certificate* is revoked.

    *extended*: indirect CRLs, CRLs for some reasons and CRLs that are named by their issuer are understood.
    Raises `Unusable` where it tells nothing.
    """
    points = distribution_points(certificate)
    issued_for = [point for point in points if _is_by_issuer(crl, certificate, point, extended)]
    # "If the revocation status has not been determined, repeat the process above with any available CRLs not
    # specified in a distribution point but issued by the certificate issuer."
    outside = [_assume_point(certificate, extended)] if crl.issuer == certificate.issuer else []
    if not issued_for and not outside:
        raise Unusable("wrong signer", f"it is the CRL of {crl.issuer.rfc4514_string()}")
    _check_kind(crl, certificate, extended)
    named = [point for point in issued_for if has_name(crl, point)]
    named = named or [point for point in outside if has_name(crl, point)]
    if not named:
        raise Unusable("wrong scope", "it is for another distribution point")
    # (d): "If the issuing distribution point (IDP) CRL extension is present and includes onlySomeReasons and
    # the DP includes reasons, then set interim_reasons_mask to the intersection of reasons in the DP and
    # onlySomeReasons in the IDP CRL extension." Without one of the two it is the other, without both it is
    # all-reasons.
    some = crl.scope.only_some_reasons if crl.scope is not None else None
    return frozenset().union(*(point.reasons for point in named)) & (ALL_REASONS if some is None else some)


def _is_by_issuer(crl: RevocationList, certificate: x509.Certificate, point: Point, extended: bool) -> bool:
    # (b) (1): "If the DP includes cRLIssuer, then verify that the issuer field in the complete CRL matches
    # cRLIssuer in the DP and that the complete CRL contains an issuing distribution point extension with the
    # indirectCRL boolean asserted. Otherwise, verify that the CRL issuer matches the certificate issuer."
    if point.crl_issuers and extended:
        return crl.issuer in point.crl_issuers and crl.scope is not None and crl.scope.indirect_crl
    return crl.issuer == certificate.issuer and crl.issuer in (point.crl_issuers or {crl.issuer})


def _assume_point(certificate: x509.Certificate, extended: bool) -> Point:
    # "For the processing of such a CRL, assume a DP with both the reasons and the cRLIssuer fields omitted
    # and a distribution point name of the certificate issuer. That is, the sequence of names in fullName is
    # generated from the certificate issuer field as well as the certificate issuerAltName extension."
    if not extended:
        return Point(frozenset())
    others = find_extension(certificate, x509.IssuerAlternativeName) or ()
    return Point(frozenset([x509.DirectoryName(certificate.issuer), *others]))


def has_name(crl: RevocationList, point: Point) -> bool:
    """Whether *crl* is for *point* by its name, or has none."""
    if crl.scope is None:
        return True
    names = all_names(crl.scope.full_name, crl.scope.relative_name, crl.issuer)
    if names is None:
        return True
    # (b) (2) (i): "If the distribution point name is present in the IDP CRL extension and the distribution
    # field is present in the DP, then verify that one of the names in the IDP matches one of the names in the
    # DP. If the distribution point name is present in the IDP CRL extension and the distribution field is
    # omitted from the DP, then verify that one of the names in the IDP matches one of the names in the
    # cRLIssuer field of the DP."
    if point.names is not None:
        return bool(names & point.names)
    return bool(names & set(_directory_names(point)))


def _directory_names(point: Point) -> Iterator[x509.GeneralName]:
    return (x509.DirectoryName(name) for name in point.crl_issuers)


def _check_kind(crl: RevocationList, certificate: x509.Certificate, extended: bool) -> None:
    if crl.base is not None:
        # Section 5.2.4: "A delta CRL only lists those certificates, within its scope, whose revocation status
        # has changed since the issuance of a referenced complete CRL."
        raise Unusable("wrong scope", "it is a delta CRL, and tells only what has changed")
    scope = crl.scope
    if scope is None:
        return
    constraints = find_extension(certificate, x509.BasicConstraints)
    is_ca = constraints is not None and constraints.ca
    # (b) (2) (ii): "If the onlyContainsUserCerts boolean is asserted in the IDP CRL extension, verify that
    # the certificate does not include the basic constraints extension with the cA boolean asserted."
    # (iii): "If the onlyContainsCACerts boolean is asserted in the IDP CRL extension, verify that the
    # certificate includes the basic constraints extension with the cA boolean asserted."
    # (iv): "Verify that the onlyContainsAttributeCerts boolean is not asserted."
    if scope.only_contains_attribute_certs or (
        scope.only_contains_user_certs if is_ca else scope.only_contains_ca_certs
    ):
        raise Unusable("wrong scope", "it does not cover certificates of this kind")
    if not extended and (scope.indirect_crl or scope.only_some_reasons):
        raise Unusable("wrong scope", "it is an indirect CRL, or one for some reasons only")
