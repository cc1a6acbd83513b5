"""The merchant's account at the PSP: its objects, its events and its balance transactions.

Objects are kept as the JSON that Stripe shows, so what is stored is what is answered. Names that
start with an underscore are the simulator's own and never leave it.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from simulators.web.clock import Clock
from simulators.web.faults import Faults
from simulators.web.store import Ids, Store

API_VERSION = "2024-06-20"
WEBHOOK_FAULTS = frozenset(
    {
        "duplicate_webhook",
        "reorder_webhooks",
        "lose_webhook",
        "late_webhook",
        "wrong_signature",
    }
)
FAULTS = WEBHOOK_FAULTS | {"wrong_amount", "decline_late"}

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, created, seq);
CREATE INDEX IF NOT EXISTS objects_unpaid ON objects (created, seq)
    WHERE kind = 'balance_transaction' AND json_extract(body, '$._payout') IS NULL;
CREATE INDEX IF NOT EXISTS objects_open ON objects (json_extract(body, '$.expires_at'))
    WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open';
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, at INTEGER NOT NULL,
    status INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL, due REAL NOT NULL,
    forged INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting');
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (state, due, seq);
CREATE TABLE IF NOT EXISTS agenda (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    due INTEGER NOT NULL, act TEXT NOT NULL, target TEXT NOT NULL);
"""

type Object = dict[str, Any]


class ApiError(Exception):
    """An error in Stripe's shape."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str = "",
        param: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        found = {"type": type, "message": message, "code": code, "param": param}
        self.body = {"error": {name: value for name, value in found.items() if value}}


@dataclass(frozen=True)
class Terms:
    """What the merchant agreed on. Amounts are in the smallest unit."""

    secret_key: str
    webhook_secret: str
    webhook_url: str
    page_url: str
    fee_percent: Decimal
    fee_fixed: int
    dispute_fee: int
    bank_url: str
    bank_account: str

    def fee(self, amount: int) -> int:
        exact = amount * self.fee_percent / 100 + self.fee_fixed
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


class Account:
    """Reads and writes objects; `act` makes a change and its events one thing."""

    def __init__(self, home: Path, terms: Terms, *, seed: int) -> None:
        self.store = Store(home / "psp.sqlite3", SCHEMA)
        self.clock = Clock(self.store)
        self.ids = Ids(self.store, seed)
        self.faults = Faults(FAULTS)
        self.terms = terms
        self._events: list[Object] = []

    @contextmanager
    def act(self) -> Iterator[None]:
        """A change: its objects, its events and their deliveries are committed together."""
        with self.store.transaction():
            try:
                yield
            except BaseException:
                self._events = []
                raise
            events, self._events = self._events, []
            self._deliver(events)

    def get(self, identifier: str, kind: str) -> Object:
        found = self.store.row(
            "SELECT body FROM objects WHERE id = ? AND kind = ?", identifier, kind
        )
        if found is None:
            named = kind.replace(".", " ").replace("_", " ")
            raise ApiError(
                f"No such {named}: '{identifier}'",
                status=404,
                code="resource_missing",
                param="id",
            )
        body: Object = json.loads(found["body"])
        return body

    def all(self, kind: str, *, before: int | None = None) -> list[Object]:
        """Every object of a kind, the oldest first, optionally created before a moment."""
        limit = 2**62 if before is None else before
        rows = self.store.rows(
            "SELECT body FROM objects WHERE kind = ? AND created < ? ORDER BY created, seq",
            kind,
            limit,
        )
        return [json.loads(row["body"]) for row in rows]

    def new(self, prefix: str, kind: str, *, created: int | None = None, **body: Any) -> Object:
        """A new object with its id, kept at once."""
        found: Object = {
            "id": self.ids.new(prefix),
            "object": kind,
            "created": self.clock.seconds() if created is None else created,
            "livemode": False,
            **body,
        }
        self.save(found)
        return found

    def save(self, body: Object) -> None:
        self.store.write(
            "INSERT INTO objects (id, kind, created, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            body["id"],
            body["object"],
            body["created"],
            json.dumps(body),
        )

    def emit(self, type: str, about: Object) -> None:
        """Record that something happened; only inside `act`."""
        event = self.new(
            "evt_",
            "event",
            api_version=API_VERSION,
            data={"object": public(about)},
            pending_webhooks=1 if self.terms.webhook_url else 0,
            request={"id": None, "idempotency_key": None},
            type=type,
        )
        self._events.append(event)

    def book(
        self, type: str, source: Object, amount: int, *, fee: int = 0, created: int | None = None
    ) -> Object:
        """A balance transaction: what the account gains or loses, and the fee for it."""
        return self.new(
            "txn_",
            "balance_transaction",
            created=created,
            amount=amount,
            currency=source["currency"],
            description=None,
            exchange_rate=None,
            fee=fee,
            fee_details=[{"amount": fee, "currency": source["currency"], "type": "stripe_fee"}]
            if fee
            else [],
            net=amount - fee,
            reporting_category=type,
            source=source["id"],
            status="pending",
            type=type,
            _payout=None,
        )

    def plan(self, act: str, target: str, seconds: float) -> None:
        """Do something later, by the simulator's clock."""
        self.store.write(
            "INSERT INTO agenda (due, act, target) VALUES (?, ?, ?)",
            int(self.clock.seconds() + seconds),
            act,
            target,
        )

    def send(
        self, event: str, url: str, body: str, *, late: float = 0, forged: bool = False
    ) -> None:
        """Queue a delivery. Deliveries keep real time: a stopped clock does not hold them up."""
        self.store.write(
            "INSERT INTO deliveries (event, url, body, due, forged) VALUES (?, ?, ?, ?, ?)",
            event,
            url,
            body,
            time.time() + late,
            int(forged),
        )

    def resend(self, event: Object) -> None:
        """Queue the delivery of an event once more, as it was."""
        if self.terms.webhook_url:
            self.send(event["id"], self.terms.webhook_url, json.dumps(public(event), indent=2))

    def _deliver(self, events: list[Object]) -> None:
        if not self.terms.webhook_url:
            return
        if len(events) > 1 and self.faults.take("reorder_webhooks"):
            events = events[::-1]
        for event in events:
            if self.faults.take("lose_webhook"):
                continue
            late = self.faults.take("late_webhook")
            forged = self.faults.take("wrong_signature") is not None
            for _ in range(2 if self.faults.take("duplicate_webhook") else 1):
                self.send(
                    event["id"],
                    self.terms.webhook_url,
                    json.dumps(public(event), indent=2),
                    late=late.seconds if late else 0,
                    forged=forged,
                )


def public(body: Any) -> Any:
    """The object as Stripe would show it."""
    if isinstance(body, dict):
        return {name: public(value) for name, value in body.items() if not name.startswith("_")}
    if isinstance(body, list):
        return [public(value) for value in body]
    return body
