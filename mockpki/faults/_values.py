"""The values that faults are given and give back, for those who write their own."""

from .._crl import TBSCertList
from .._der import Extension
from .._exchange.http import Abort, Answer, Finish, Listening, Send, Silence, Step, Trickle, Wait, Wire
from .._exchange.staples import StapleMessages
from .._ledger import Reason, Revocation, Status
from .._ocsp import CertID, OCSPResponse, ResponseData, ResponseStatus, SingleResponse
from .._profile import TBSCertificate
from .._signing import Signed, Signer
from .._window import Window

__all__ = [
    "Abort",
    "Answer",
    "CertID",
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
