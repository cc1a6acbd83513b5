"""The challenge by which a Web API session begins, and the stream that hides what follows.

The platform hashes with MD5 and enciphers with AES-256 in output feedback mode; neither is our
choice, and both are what real servers speak.
"""

from hashlib import md5

from cryptography.hazmat.decrepit.ciphers.modes import OFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

BLOCK = 16
RANDOM_BYTES = 16
KEY_MATERIAL_BYTES = 256


def password_digest(password: str) -> bytes:
    """MD5 of the word after MD5 of the password in UTF-16LE: what a server keeps."""
    return md5(md5(password.encode("utf-16le")).digest() + b"WebAPI").digest()


def answer(digest: bytes, challenge: bytes) -> str:
    """What proves to the other side that the password is known, in hexadecimal."""
    return md5(digest + challenge).hexdigest()


def key_schedule(digest: bytes, material: bytes) -> tuple[bytes, bytes, bytes]:
    """Key (32 bytes), first vector client to server, first vector server to client."""
    parts: list[bytes] = []
    link = digest
    for start in range(0, KEY_MATERIAL_BYTES, BLOCK):
        link = md5(material[start : start + BLOCK] + link).digest()
        parts.append(link)
    return parts[0] + parts[1], parts[2], parts[3]


class Stream:
    """One direction of the cipher. Every packet begins on a fresh block of the key stream."""

    def __init__(self, key: bytes, vector: bytes) -> None:
        self._cipher = Cipher(AES(key), OFB(vector)).encryptor()

    def apply(self, body: bytes) -> bytes:
        """Encipher or decipher one packet; what is left of its last block is thrown away."""
        result = self._cipher.update(body)
        self._cipher.update(bytes(-len(body) % BLOCK))
        return result
