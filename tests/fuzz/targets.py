"""Every target by its name."""

from collections.abc import Callable

from . import answers, crlite, http, ocsp, tls
from .kit import Target, World

TARGETS: dict[str, Callable[[World], Target]] = {
    "ocsp": ocsp.post,
    "get": ocsp.get,
    "http": http.http,
    "hello": tls.hello,
    "tls": tls.tls,
    "clubcard": crlite.clubcard,
    "scts": crlite.scts,
    "subject": crlite.subject,
    "answer": answers.answer,
    "crl": answers.crl,
    "csr": answers.csr,
    "identity": answers.identity,
    "prompt": answers.prompt,
}
