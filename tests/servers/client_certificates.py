"""A server of Python's ssl module that checks client certificates, and their CRLs where it is given any.

    client_certificates.py HOST PORT CHAIN_FILE KEY_FILE CA_FILE [CRL_FILE]

Without a CA_FILE, given as ``-``, it asks for no certificate.
"""

import socket
import ssl
import sys

host, port, chain, key, trusted, *crls = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(chain, key)
if trusted != "-":
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(trusted)
for crl in crls:
    context.load_verify_locations(crl)
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
listener = socket.create_server((host, int(port)))
while True:
    raw = listener.accept()[0]
    try:
        with context.wrap_socket(raw, server_side=True) as tls:
            tls.recv(4096)
            tls.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    except OSError as error:
        print(error, flush=True)
