"""Sends what is queued: signed webhooks to the merchant, payouts to the bank, again until taken."""

import hashlib
import hmac
import http.client
import threading
import time
import urllib.error
import urllib.request

from simulators.psp.account import Account

PATIENCE = 5.0
ATTEMPTS = 12
LONGEST_PAUSE = 60.0


def signature(secret: str, at: int, body: bytes) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 over `t.body`."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


class Courier:
    """One thread, so that the order in which deliveries start is the order in the queue."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the delivery under way end; what waits is sent after the next start."""
        self._stopping.set()
        self._thread.join(PATIENCE + 1)

    def _work(self) -> None:
        while not self._stopping.wait(0.02):
            while not self._stopping.is_set() and self._deliver_next():
                pass

    def _deliver_next(self) -> bool:
        store = self._account.store
        row = store.row(
            "SELECT * FROM deliveries WHERE state = 'waiting' AND due <= ?"
            " ORDER BY due, seq LIMIT 1",
            time.time(),
        )
        if row is None:
            return False
        taken = self._post(row["url"], row["body"].encode(), forged=bool(row["forged"]))
        attempts = row["attempts"] + 1
        state = "delivered" if taken else "given up" if attempts >= ATTEMPTS else "waiting"
        pause = min(LONGEST_PAUSE, 0.25 * 2**attempts)
        store.write(
            "UPDATE deliveries SET state = ?, attempts = ?, due = ? WHERE seq = ?",
            state,
            attempts,
            time.time() + pause,
            row["seq"],
        )
        return True

    def _post(self, url: str, body: bytes, *, forged: bool) -> bool:
        terms = self._account.terms
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0"}
        if url == terms.webhook_url:
            secret = "whsec_of_somebody_else" if forged else terms.webhook_secret
            headers["Stripe-Signature"] = signature(secret, self._account.clock.seconds(), body)
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310
        try:
            with _direct.open(request, timeout=PATIENCE) as reply:
                return bool(200 <= reply.status < 300)
        except (urllib.error.URLError, http.client.HTTPException, OSError):
            return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A webhook that is answered with a redirect was not taken."""

    def redirect_request(self, *_: object) -> None:
        return None


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
