"""Encryption at rest. One house key, from `NOSTRO_SECRET` or the house's folder; from it come
the keys of settings, and it wraps one key a client, so that forgetting that key shreds them.
"""

import base64
import os
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from nostro.core.acts import frame, has_frame
from nostro.core.models import DataKey
from nostro.kit.problems import Problem

MARK = "sealed:"


class Shredded(Problem):
    """The key was forgotten on purpose: what it encrypted cannot be read by anybody."""

    status = 410


@cache
def house_key() -> bytes:
    """32 bytes. A new house makes its own and keeps it readable by its owner only."""
    given = os.environ.get("NOSTRO_SECRET")
    if given:
        return HKDF(hashes.SHA256(), 32, b"nostro", b"house key").derive(given.encode())
    path = Path(settings.NOSTRO_HOME) / "house.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written whole, then linked: of two that start at once, one wins and both read the same.
        with NamedTemporaryFile(dir=path.parent) as file, suppress(FileExistsError):
            file.write(os.urandom(32))
            file.flush()
            os.link(file.name, path)
    return path.read_bytes()


@lru_cache(64)
def derived(purpose: str) -> bytes:
    """A key for one purpose: sessions, checkpoints, one-time links."""
    return HKDF(hashes.SHA256(), 32, None, purpose.encode()).derive(house_key())


def encrypt(key: bytes, plain: bytes, about: bytes = b"") -> bytes:
    """AES-256-GCM with a random 96-bit nonce in front. `about` is bound, not hidden."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, about)


def decrypt(key: bytes, sealed_bytes: bytes, about: bytes = b"") -> bytes:
    return AESGCM(key).decrypt(sealed_bytes[:12], sealed_bytes[12:], about)


def sealed(text: str) -> str:
    """A secret setting as it is stored."""
    return MARK + base64.b64encode(encrypt(derived("settings"), text.encode())).decode()


def opened(values: dict[str, Any]) -> dict[str, Any]:
    """Settings with their secrets readable: for an adapter, never for a page."""
    return {
        name: decrypt(derived("settings"), base64.b64decode(value[len(MARK) :])).decode()
        if isinstance(value, str) and value.startswith(MARK)
        else value
        for name, value in values.items()
    }


def client_key(client_id: int | None) -> tuple[DataKey, bytes]:
    """A client's own key (the house's, for what is no client's), made at its first use."""
    known = frame().keys if has_frame() else {}
    if client_id not in known:
        row = DataKey.objects.filter(client_id=client_id).first()
        if row is None:
            wrapped = encrypt(derived("wrap"), os.urandom(32))
            row, _ = DataKey.objects.get_or_create(
                client_id=client_id, defaults={"wrapped": wrapped}
            )
        known[client_id] = row, unwrapped(row)
    found: tuple[DataKey, bytes] = known[client_id]
    return found


def unwrapped(row: DataKey) -> bytes:
    if row.wrapped is None:
        raise Shredded("This was erased: its key is gone.")
    return decrypt(derived("wrap"), bytes(row.wrapped))


def shred(client_id: int) -> None:
    """Forget a client's key, inside an operation: nobody reads what it encrypted again."""
    at = frame().act.at
    client_key(client_id)
    DataKey.objects.filter(client_id=client_id).update(wrapped=None, shredded_at=at)
    frame().keys.pop(client_id, None)
