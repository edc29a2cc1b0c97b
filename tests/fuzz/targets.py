"""Every target by its name."""

from collections.abc import Callable

from . import crlite, http, ocsp, tls
from .kit import Target, World

TARGETS: dict[str, Callable[[World], Target]] = {
    "ocsp": ocsp.post,
    "get": ocsp.get,
    "http": http.http,
    "hello": tls.hello,
    "tls": tls.tls,
    "clubcard": crlite.clubcard,
    "scts": crlite.scts,
}
