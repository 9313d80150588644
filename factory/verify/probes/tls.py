"""TLS between a server thread and a client of this process; argument: certificate and key."""

from __future__ import annotations

import socket
import ssl
import sys
import tempfile
import threading
from pathlib import Path

_SECONDS = 20


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "localhost.pem")
        file.write_text(sys.argv[1], encoding="ascii")
        context.load_cert_chain(file)
    return context


def _serve_one(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    connection.settimeout(_SECONDS)
    try:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.sendall(secure.recv(100)[::-1])
    except (ssl.SSLError, OSError):
        connection.close()


def _exchange(client: ssl.SSLContext, name: str) -> ssl.SSLSocket:
    """Connect, verify the server as `name`, and have four bytes sent back in reverse."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_SECONDS)
        server = threading.Thread(target=_serve_one, args=(listener, _server_context()))
        server.start()
        try:
            address = listener.getsockname()
            with (
                socket.create_connection(address, timeout=_SECONDS) as plain,
                client.wrap_socket(plain, server_hostname=name) as secure,
            ):
                secure.sendall(b"ping")
                answer = secure.recv(100)
                if answer != b"gnip":
                    raise AssertionError(f"the server said {answer!r}")
                return secure
        finally:
            server.join()


def _trusting() -> ssl.SSLContext:
    certificate = sys.argv[1][: sys.argv[1].index("-----BEGIN PRIVATE KEY-----")]
    return ssl.create_default_context(cadata=certificate[certificate.index("-----BEGIN") :])


def _with_version(version: ssl.TLSVersion) -> str:
    context = _trusting()
    context.minimum_version = context.maximum_version = version
    _exchange(context, "localhost")
    return f"{version.name} handshake with {ssl.OPENSSL_VERSION}"


def probe_tls_1_3() -> str:
    """Shake hands by TLS 1.3."""
    return _with_version(ssl.TLSVersion.TLSv1_3)


def probe_tls_1_2() -> str:
    """Shake hands by TLS 1.2."""
    return _with_version(ssl.TLSVersion.TLSv1_2)


def _is_refused(context: ssl.SSLContext, name: str) -> str:
    try:
        _exchange(context, name)
    except ssl.SSLCertVerificationError as error:
        return f"refused: {error.verify_message}"
    raise AssertionError("the certificate was accepted")


def probe_unknown_certificate() -> str:
    """Refuse a certificate that nobody vouches for."""
    return _is_refused(ssl.create_default_context(), "localhost")


def probe_wrong_host_name() -> str:
    """Refuse a certificate for another host."""
    return _is_refused(_trusting(), "example.org")
