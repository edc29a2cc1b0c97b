"""Whom clients are to trust, in the form that each takes: contexts of TLS libraries, and variables."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .._parameters import show
from .._pkix.pkcs12 import PASSWORD, WRITES_TRUSTSTORES, write_truststore

if TYPE_CHECKING:
    from .ca import CA
    from .realm import Realm


def add_trust(context: Any, certificate: x509.Certificate) -> None:
    """Make an `ssl.SSLContext` or an ``OpenSSL.SSL.Context`` trust *certificate*. TypeError for any other."""
    if isinstance(context, ssl.SSLContext):
        context.load_verify_locations(cadata=certificate.public_bytes(Encoding.PEM).decode("ascii"))
    elif hasattr(context, "get_cert_store"):
        from OpenSSL import crypto

        context.get_cert_store().add_cert(crypto.X509.from_cryptography(certificate))
    else:
        raise TypeError(
            f"configure_trust() takes an ssl.SSLContext or an OpenSSL.SSL.Context; got {show(context)}"
        )


PEM_VARIABLES = (
    "SSL_CERT_FILE",  # OpenSSL, and what goes by it: Python's ssl, Ruby; Go on Linux, too
    "REQUESTS_CA_BUNDLE",  # Python's requests
    "CURL_CA_BUNDLE",  # the program curl
    "GIT_SSL_CAINFO",  # git
    "NODE_EXTRA_CA_CERTS",  # Node, beside its own list
    "AWS_CA_BUNDLE",  # the AWS command line, and boto3
    "DENO_CERT",  # Deno
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",  # gRPC's core, and so Python, Ruby, C++, C# on it
    "PERL_LWP_SSL_CA_FILE",  # Perl's LWP
    "PGSSLROOTCERT",  # libpq, and so psql
)
"""The variables that hold the path of a PEM file, and who reads each, as its documentation says."""


def make_environ(ca_file: str, truststore_file: str | None) -> dict[str, str]:
    """The variables by which programs trust what is in these two files, or in the one there is."""
    variables = dict.fromkeys(PEM_VARIABLES, ca_file)
    if truststore_file is None:
        return variables
    store = {
        "trustStore": truststore_file,
        "trustStoreType": "PKCS12",
        "trustStorePassword": PASSWORD,
    }
    # The JVM's own rule for a value with spaces in it: one in quotes.
    options = [f'"-Djavax.net.ssl.{name}={value}"' for name, value in store.items()]
    before = [os.environ["JAVA_TOOL_OPTIONS"]] if os.environ.get("JAVA_TOOL_OPTIONS") else []
    return {**variables, "JAVA_TOOL_OPTIONS": " ".join([*before, *options])}


class Trusted:
    """The side of a PKI that makes clients trust it: files, variables and contexts with its root."""

    root: CA
    _realm: Realm

    @property
    def ca_file(self) -> str:
        """Path of the root's PEM: what a client has to trust."""
        return self.root.cert_file

    @property
    def truststore_file(self) -> str:
        """Path of a PKCS #12 with the root, which Java trusts; its password is ``mockpki``.

        Raises ValueError with a cryptography before 45, which writes none.
        """
        return self._realm.folder.write("truststore.p12", write_truststore(self.root.certificate))

    @property
    def crl_file(self) -> str:
        """Path of the CRLs of every CA as PEM, the root's too, as OpenSSL wants it; written at each use."""
        return self._realm.write_crls()

    def configure_trust(self, context: Any) -> None:
        """Make an `ssl.SSLContext` or an ``OpenSSL.SSL.Context`` trust the root."""
        self.root.configure_trust(context)

    def environ(self) -> dict[str, str]:
        """Environment variables by which other programs trust the root.

            subprocess.run(["curl", server.url], env={**os.environ, **pki.environ()})

        curl, git, Node, Java (JAVA_TOOL_OPTIONS, behind what it says already), Deno, Perl's LWP, gRPC, psql,
        the AWS tools, Python's ssl and requests, and what reads OpenSSL's SSL_CERT_FILE, such as Go on Linux.
        Most then trust nothing else. The fixture ``pki_environ`` sets them for a test. With a cryptography
        before 45, which writes no trust store, JAVA_TOOL_OPTIONS is not among them.
        """
        return make_environ(self.ca_file, self.truststore_file if WRITES_TRUSTSTORES else None)
