"""Use cryptography: Fernet, a self-signed certificate, signatures, AEAD, password hashes."""

import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt


def probe_secrets() -> str:
    """Encrypt and decrypt; refuse what was tampered with."""
    box = Fernet(Fernet.generate_key())
    token = box.encrypt(b"secret")
    assert box.decrypt(token) == b"secret"
    try:
        box.decrypt(token[:-4] + b"AAAA")
    except InvalidToken:
        pass
    else:
        raise AssertionError("a forged token was accepted")
    for kind, key in ((AESGCM, bytes(16)), (ChaCha20Poly1305, bytes(32))):
        assert kind(key).decrypt(bytes(12), kind(key).encrypt(bytes(12), b"x", b"y"), b"y") == b"x"
    derived = Scrypt(salt=b"NaCl", length=64, n=1024, r=8, p=16).derive(b"password")
    assert derived.hex().startswith("fdbabe1c9d3472007856e7190d01e9fe")
    return "Fernet, AES-GCM, ChaCha20 and scrypt are right"


def probe_certificates() -> str:
    """Sign a certificate, write it, read it, verify it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    read = x509.load_pem_x509_certificate(pem)
    read.verify_directly_issued_by(read)
    assert read.subject.rfc4514_string() == "CN=localhost"
    return "a certificate was signed, written, read and verified"


def probe_signatures() -> str:
    """Ed25519 and RSA keys sign; a wrong message is refused."""
    key = ed25519.Ed25519PrivateKey.generate()
    key.public_key().verify(key.sign(b"message"), b"message")
    try:
        key.public_key().verify(key.sign(b"message"), b"massage")
    except InvalidSignature:
        pass
    else:
        raise AssertionError("a wrong signature was accepted")
    assert rsa.generate_private_key(65537, 2048).key_size == 2048
    return "Ed25519 signs and refuses; an RSA key was made"
