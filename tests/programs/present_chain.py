"""Present certificates to ssl.create_default_context(), as a TLS 1.2 server without their key.

    present_chain.py CERTIFICATE...     each base64 of DER; the server's own first

A client (RFC 5246) verifies the chain when it has read it, and only then the server's signature,
which nobody but the owner of the key can make. So a trusted chain fails later, for its signature.
Prints what the client says.
"""

import base64
import ssl
import sys


def sized(content: bytes, size: int) -> bytes:
    """`content` after its length in `size` bytes."""
    return len(content).to_bytes(size, "big") + content


def message(kind: int, body: bytes) -> bytes:
    """A handshake message in a record of its own (RFC 5246, 6.2.1 and 7.4)."""
    return b"\x16\x03\x03" + sized(bytes([kind]) + sized(body, 3), 2)


def server_flight(certificates: list[bytes]) -> bytes:
    ecdhe_ecdsa_aes128_gcm = b"\xc0\x2b"
    renegotiation_info = b"\xff\x01" + sized(b"\x00", 2)
    hello = (
        b"\x03\x03" + bytes(32) + sized(b"", 1) + ecdhe_ecdsa_aes128_gcm + b"\x00"
        + sized(renegotiation_info, 2)
    )  # fmt: skip
    chain = sized(b"".join(sized(one, 3) for one in certificates), 3)
    x25519 = b"\x03\x00\x1d" + sized(bytes([9]) + bytes(31), 1)
    signature_of_one_and_one = b"\x30\x06\x02\x01\x01\x02\x01\x01"
    key_exchange = x25519 + b"\x05\x03" + sized(signature_of_one_and_one, 2)
    return message(2, hello) + message(11, chain) + message(12, key_exchange) + message(14, b"")


context = ssl.create_default_context()
context.maximum_version = ssl.TLSVersion.TLSv1_2
# The first certificate is an authority's own and names no host.
context.check_hostname = False
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
client = context.wrap_bio(incoming, outgoing)
try:
    client.do_handshake()
except ssl.SSLWantReadError:
    incoming.write(server_flight([base64.b64decode(one) for one in sys.argv[1:]]))
try:
    client.do_handshake()
except ssl.SSLCertVerificationError as error:
    print("refused:", error.verify_message)
except ssl.SSLError as error:
    print("trusted, then:", error.reason)
