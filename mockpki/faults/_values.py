"""The values that faults are given and give back, for those who write their own."""

from __future__ import annotations

from .._crlite.clubcard import Clubcard
from .._exchange.http import Answer
from .._exchange.staples import StapleMessages
from .._exchange.steps import Abort, Finish, Listening, Send, Silence, Step, Trickle, Wait, Wire
from .._pkix.certificate import TBSCertificate
from .._pkix.crl import TBSCertList
from .._pkix.der import Extension
from .._pkix.ocsp_request import CertID
from .._pkix.ocsp_response import OCSPResponse, ResponseData, ResponseStatus, SingleResponse
from .._pkix.signing import Signed, Signer
from .._pkix.status import Reason, Revocation, Status
from .._pkix.window import Window

__all__ = [
    "Abort",
    "Answer",
    "CertID",
    "Clubcard",
    "Extension",
    "Finish",
    "Listening",
    "OCSPResponse",
    "Reason",
    "ResponseData",
    "ResponseStatus",
    "Revocation",
    "Send",
    "Signed",
    "Signer",
    "Silence",
    "SingleResponse",
    "StapleMessages",
    "Status",
    "Step",
    "TBSCertList",
    "TBSCertificate",
    "Trickle",
    "Wait",
    "Window",
    "Wire",
]
