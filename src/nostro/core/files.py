"""Encrypted files: bytes on disk under a random name, the row in the database, a key a client."""

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from nostro.core import secrets
from nostro.core.acts import Act, frame
from nostro.core.models import StoredFile


@dataclass(frozen=True)
class Upload:
    """A file as it came in: nothing about it is believed yet."""

    name: str
    content: bytes
    content_type: str = ""


def _path(token: uuid.UUID) -> Path:
    return Path(settings.NOSTRO_HOME) / "files" / token.hex[:2] / token.hex


def store(act: Act, upload: Upload, *, client_id: int | None) -> StoredFile:
    """Keep a file, encrypted, inside an operation. A roll-back leaves bytes nobody can read."""
    frame()
    row, key = secrets.client_key(client_id)
    token = uuid.uuid4()
    path = _path(token)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(secrets.encrypt(key, upload.content, token.bytes))
    fresh.replace(path)
    return StoredFile.objects.create(
        token=token,
        name=Path(upload.name).name[:200],
        content_type=upload.content_type[:80],
        size=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        key=row,
        client_id=client_id,
        stored_at=act.at,
    )


def read(stored: StoredFile) -> bytes:
    """The bytes again. Who asks, and why, is recorded by the operation that shows them."""
    key = secrets.unwrapped(stored.key)
    return secrets.decrypt(key, _path(stored.token).read_bytes(), stored.token.bytes)
