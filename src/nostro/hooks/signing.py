"""How a delivery proves where it comes from: HMAC-SHA256 over `t.body`, as Standard Webhooks do.

The header is `Webhook-Signature: t=<unix seconds>,v1=<hex>`; who listens refuses an old `t`.
"""

import hashlib
import hmac
import os
from base64 import urlsafe_b64encode

PREFIX = "whsec_"


def new_secret() -> str:
    """192 random bits, as text."""
    return PREFIX + urlsafe_b64encode(os.urandom(24)).decode()


def signature(secret: str, seconds: int, body: bytes) -> str:
    """The header's value for a body sent at a moment."""
    message = f"{seconds}.".encode() + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def is_signed(secret: str, header: str, body: bytes, *, at: int, tolerance: int = 300) -> bool:
    """Whether a header signs this body, not longer ago than `tolerance` seconds."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    seconds = parts.get("t", "")
    if not seconds.isdecimal() or abs(at - int(seconds)) > tolerance:
        return False
    return hmac.compare_digest(signature(secret, int(seconds), body), header)
