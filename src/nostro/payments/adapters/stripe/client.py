"""The conversation with Stripe, and what each way it can fail means.

Stripe keeps the first answer to an idempotency key, a 500 included. So a 5xx on a write proves
nothing and repeating it teaches nothing: it is Unknown, and the caller looks the result up.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from nostro.kit import Refused, Retry, Unknown
from nostro.payments.adapters.stripe.settings import StripeSettings

API_VERSION = "2024-06-20"
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Client:
    """Reads and writes JSON objects. Raises Retry, Refused and Unknown, nothing else."""

    def __init__(self, settings: StripeSettings) -> None:
        self._http = httpx.Client(
            base_url=str(settings.api_url),
            headers={
                "Authorization": f"Bearer {settings.secret_key.get_secret_value()}",
                "Stripe-Version": API_VERSION,
            },
            timeout=httpx.Timeout(settings.timeout_seconds, connect=5.0),
        )

    def read(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """GET: whatever goes wrong, nothing has happened."""
        try:
            reply = self._http.get(path, params=parameters)
        except httpx.RequestError as error:
            raise Retry(f"Stripe did not answer: {type(error).__name__}.") from error
        if reply.status_code >= 500:
            raise Retry(f"Stripe answered {reply.status_code}.")
        _refuse(reply)
        found = _object(reply)
        if found is None:
            raise Retry("Stripe answered something that is not JSON.")
        return found

    def pages(self, path: str, **parameters: str | int) -> list[dict[str, Any]]:
        """Every object of a list, as Stripe orders them: the newest first."""
        found: list[dict[str, Any]] = []
        asked = {"limit": 100, **parameters}
        while True:
            page = self.read(path, **asked)
            lines = page.get("data")
            if not isinstance(lines, list):
                raise Retry("Stripe answered a list without data.")
            found += lines
            if not (page.get("has_more") and lines):
                return found
            asked["starting_after"] = str(lines[-1].get("id"))

    def write(self, path: str, form: Mapping[str, str], *, key: str) -> dict[str, Any]:
        """POST under an idempotency key: once it is under way, silence means Unknown."""
        try:
            reply = self._http.post(path, data=form, headers={"Idempotency-Key": key})
        except _NOT_SENT as error:
            raise Retry(f"Stripe cannot be reached: {type(error).__name__}.") from error
        except httpx.RequestError as error:
            raise Unknown(f"Stripe did not answer: {type(error).__name__}.") from error
        if reply.status_code >= 500:
            raise Unknown(f"Stripe answered {reply.status_code}.")
        if reply.status_code == httpx.codes.CONFLICT:
            # The first request with this key is still being carried out.
            raise Unknown("Stripe is still busy with the same request.")
        _refuse(reply)
        found = _object(reply)
        if found is None:
            raise Unknown("Stripe answered something that is not JSON.")
        return found


def _refuse(reply: httpx.Response) -> None:
    """Retry on 429, Refused on any other status that is no success."""
    if reply.status_code == httpx.codes.TOO_MANY_REQUESTS:
        after = reply.headers.get("Retry-After", "")
        raise Retry("Stripe asks us to slow down.", after=int(after) if after.isdecimal() else 5)
    if reply.is_success:
        return
    error = (_object(reply) or {}).get("error")
    error = error if isinstance(error, dict) else {}
    code = error.get("decline_code") or error.get("code") or error.get("type")
    message = error.get("message") or f"Stripe answered {reply.status_code}."
    raise Refused(str(message), code=str(code or reply.status_code))


def _object(reply: httpx.Response) -> dict[str, Any] | None:
    try:
        found = reply.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
