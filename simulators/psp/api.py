"""The API under `/v1`: keys, idempotency, parameters and lists, as Stripe answers them."""

import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from simulators.psp.account import API_VERSION, Account, ApiError, Object, public
from simulators.psp.checkout import DAY, Checkout
from simulators.psp.form import nested
from simulators.psp.settlement import Settlement
from simulators.psp.wallet import Wallet
from simulators.web.http import Reply, Request, Router

_SESSION = frozenset(
    {
        "cancel_url",
        "client_reference_id",
        "customer",
        "customer_creation",
        "customer_email",
        "expires_at",
        "line_items",
        "metadata",
        "mode",
        "payment_intent_data",
        "payment_method_types",
        "saved_payment_method_options",
        "success_url",
    }
)
_REFUND = frozenset({"amount", "charge", "metadata", "payment_intent", "reason"})
_LISTS = {
    "balance_transactions": ("balance_transaction", ("payout", "type", "source", "currency")),
    "events": ("event", ("type",)),
    "payouts": ("payout", ("status",)),
    "refunds": ("refund", ("charge", "payment_intent")),
    "disputes": ("dispute", ("charge", "payment_intent")),
}
_KINDS = (
    *("payment_intent", "charge", "refund", "payout", "dispute", "event"),
    *("customer", "payment_method"),
)
_FINISHED = frozenset({200, 402})


class Api:
    """Routes of the API. Call it with a request."""

    def __init__(
        self, account: Account, checkout: Checkout, settlement: Settlement, wallet: Wallet
    ) -> None:
        self._account = account
        self._checkout = checkout
        self._settlement = settlement
        self._router = Router()
        post, get = self._writes, self._reads
        post("/v1/checkout/sessions", self._open_session)
        post("/v1/checkout/sessions/{id}/expire", lambda r: checkout.expire(r.part["id"]))
        post("/v1/refunds", self._refund)
        post("/v1/payment_methods/{id}/detach", lambda r: wallet.detach(r.part["id"]))
        get("/v1/checkout/sessions", self._sessions)
        get("/v1/checkout/sessions/{id}", self._session)
        get("/v1/balance", lambda _: settlement.balance())
        for kind in _KINDS:
            get(f"/v1/{kind}s/{{id}}", self._one(kind))
        for name, (kind, filters) in _LISTS.items():
            get(f"/v1/{name}", self._list(f"/v1/{name}", kind, filters))

    def __call__(self, request: Request) -> Reply:
        try:
            self._check_key(request)
            return self._router(request)
        except ApiError as error:
            return _json(error.body, error.status)

    def _check_key(self, request: Request) -> None:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        secret = self._account.terms.secret_key
        if kind.lower() != "bearer" or not hmac.compare_digest(given.encode(), secret.encode()):
            raise ApiError("Invalid API Key provided.", status=401)

    def _reads(self, path: str, answer: Callable[[Request], Object]) -> None:
        self._router.add("GET", path, lambda request: _json(answer(request)))

    def _writes(self, path: str, answer: Callable[[Request], Object]) -> None:
        self._router.add("POST", path, lambda request: self._once(request, answer))

    def _once(self, request: Request, answer: Callable[[Request], Object]) -> Reply:
        """The same key gives the same answer for a day, and an error with other parameters."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return _json(answer(request))
        if not 0 < len(key) <= 255:
            raise ApiError("Idempotency keys are 1 to 255 characters long.")
        store, now = self._account.store, self._account.clock.seconds()
        same = json.dumps([request.path, sorted(_pairs(request))])
        with store.transaction():
            store.write("DELETE FROM replies WHERE at < ?", now - DAY)
            row = store.row("SELECT * FROM replies WHERE key = ?", key)
            if row is not None and row["request"] != same:
                raise ApiError(
                    "Keys for idempotent requests can only be used with the same parameters they"
                    f" were first used with. Try using a key other than '{key}'.",
                    type="idempotency_error",
                )
            if row is not None:
                headers = {"Idempotent-Replayed": "true", "Idempotency-Key": key}
                return Reply(row["status"], row["body"], headers=headers)
            reply = _json(answer(request))
            # What was refused before anything ran is not kept, so it may be put right.
            if reply.status in _FINISHED:
                store.write(
                    "INSERT INTO replies VALUES (?, ?, ?, ?, ?)",
                    key,
                    same,
                    now,
                    reply.status,
                    reply.body,
                )
            return reply

    def _open_session(self, request: Request) -> Object:
        return self._checkout.open(_parameters(request, _SESSION))

    def _refund(self, request: Request) -> Object:
        return self._settlement.refund(_parameters(request, _REFUND))

    def _session(self, request: Request) -> Object:
        session = self._account.get(request.part["id"], "checkout.session")
        wanted = [value for name, value in request.query if name.startswith("expand[")]
        if session["payment_intent"] and any(one.startswith("payment_intent") for one in wanted):
            intent = self._account.get(session["payment_intent"], "payment_intent")
            if "payment_intent.latest_charge" in wanted and intent["latest_charge"]:
                charge = self._account.get(intent["latest_charge"], "charge")
                intent["latest_charge"] = charge
            if "payment_intent.payment_method" in wanted and intent["payment_method"]:
                method = self._account.get(intent["payment_method"], "payment_method")
                intent["payment_method"] = method
            session["payment_intent"] = intent
        return session

    def _sessions(self, request: Request) -> Object:
        return self._page(
            request, "/v1/checkout/sessions", "checkout.session", ("payment_intent", "status")
        )

    def _one(self, kind: str) -> Callable[[Request], Object]:
        return lambda request: self._account.get(request.part["id"], kind)

    def _list(self, url: str, kind: str, filters: tuple[str, ...]) -> Callable[[Request], Object]:
        return lambda request: self._page(request, url, kind, filters)

    def _page(self, request: Request, url: str, kind: str, filters: tuple[str, ...]) -> Object:
        """The newest first; `starting_after` continues after the last one of a page."""
        asked = nested(request.query)
        found = [
            body
            for body in reversed(self._account.all(kind))
            if all(
                str(body.get("_payout" if name == "payout" else name)) == asked[name]
                for name in filters
                if name in asked
            )
            and _within(body["created"], asked.get("created"))
        ]
        if after := asked.get("starting_after"):
            ids = [body["id"] for body in found]
            if after not in ids:
                raise ApiError(f"No such object: '{after}'", param="starting_after")
            found = found[ids.index(after) + 1 :]
        text = asked.get("limit", "10")
        if not (text.isdecimal() and 1 <= int(text) <= 100):
            raise ApiError("limit is 1 to 100.", param="limit")
        limit = int(text)
        more = len(found) > limit
        return {"object": "list", "data": found[:limit], "has_more": more, "url": url}


def _pairs(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)


def _parameters(request: Request, known: frozenset[str]) -> dict[str, Any]:
    asked = nested(_pairs(request))
    for name in asked:
        if name not in known:
            raise ApiError(
                f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )
    return asked


def _within(created: int, asked: Any) -> bool:
    if asked is None:
        return True
    bounds = asked if isinstance(asked, dict) else {"gte": asked, "lte": asked}
    tests = {
        "gt": lambda limit: created > limit,
        "gte": lambda limit: created >= limit,
        "lt": lambda limit: created < limit,
        "lte": lambda limit: created <= limit,
    }
    return all(tests[name](int(limit)) for name, limit in bounds.items() if name in tests)


def _json(body: Any, status: int = 200) -> Reply:
    text = json.dumps(public(body), indent=2).encode() + b"\n"
    return Reply(status, text, headers={"Stripe-Version": API_VERSION})
