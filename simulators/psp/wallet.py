"""Saved cards: a customer's payment methods, kept where the payer ticks the box on the page.

Stripe names each by an id (`pm_…`) that is worth nothing without the merchant's secret key. A
session for a customer asks for the security code of the saved card alone.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulators.psp.account import Account, ApiError, Object
from simulators.psp.cards import brand
from simulators.psp.form import items

REDISPLAY = frozenset({"always", "limited", "unspecified"})


@dataclass(frozen=True)
class Typed:
    """A card as the payer typed it. The security code is looked at and never kept."""

    number: str
    month: int = 12
    year: int = 2040


class Wallet:
    """The customers of the account and their cards. Only inside an act, but for `shown`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def asked(self, asked: dict[str, Any]) -> tuple[str | None, Object | None]:
        """The customer of a new session, and how its page deals with saved cards."""
        customer, creation = asked.get("customer"), asked.get("customer_creation")
        if customer and creation:
            raise ApiError(
                "You may only specify one of these parameters: customer, customer_creation."
            )
        if creation not in (None, "always", "if_required"):
            raise ApiError("Invalid customer_creation.", param="customer_creation")
        if customer:
            try:
                self._account.get(customer, "customer")
            except ApiError as error:
                error.body["error"]["param"] = "customer"
                error.status = 400
                raise
        options = asked.get("saved_payment_method_options")
        if options is None:
            return customer, None
        where = "saved_payment_method_options"
        save = options.get("payment_method_save", "disabled")
        filters = items(options.get("allow_redisplay_filters")) or ["always"]
        if save not in ("enabled", "disabled"):
            raise ApiError("Invalid payment_method_save.", param=f"{where}[payment_method_save]")
        if not set(filters) <= REDISPLAY:
            raise ApiError("Invalid filter.", param=f"{where}[allow_redisplay_filters]")
        if not customer and creation != "always":
            raise ApiError("Saved payment methods need a customer.", param=where)
        return customer, {"payment_method_save": save, "allow_redisplay_filters": filters}

    def typed(self, card: Typed, *, save: bool) -> Object:
        """A payment method of a card that was typed; nobody's until it has paid."""
        return self._account.new(
            "pm_",
            "payment_method",
            allow_redisplay="always" if save else "limited",
            card={
                "brand": brand(card.number),
                "exp_month": card.month,
                "exp_year": card.year,
                # The same card has the same fingerprint in one account, and another elsewhere.
                "fingerprint": hashlib.sha256(
                    f"{self._account.terms.secret_key}/{card.number}".encode()
                ).hexdigest()[:16],
                "last4": card.number[-4:],
            },
            customer=None,
            type="card",
            _number=card.number,
            _save=save,
        )

    def keep(self, session: Object, intent: Object) -> None:
        """A card has paid: its customer is made, and has the card where the payer wished so."""
        account = self._account
        if session["customer"] is None and session["customer_creation"] == "always":
            made = account.new("cus_", "customer", email=session["customer_email"], metadata={})
            session["customer"] = made["id"]
        intent["customer"] = session["customer"]
        method = account.get(intent["payment_method"], "payment_method")
        if saves(session) and method["_save"] and method["customer"] is None:
            method["customer"] = session["customer"]
            account.save(method)
            account.emit("payment_method.attached", method)

    def shown(self, session: Object) -> Object | None:
        """The card a session's page offers: its customer's newest one that has not expired."""
        customer, options = session["customer"], session["saved_payment_method_options"]
        if customer is None:
            return None
        shown = (options or {}).get("allow_redisplay_filters", ["always"])
        rows = self._account.store.rows(
            "SELECT id FROM objects WHERE kind = 'payment_method'"
            " AND json_extract(body, '$.customer') = ? ORDER BY created DESC, seq DESC",
            customer,
        )
        for row in rows:
            found = self._account.get(row["id"], "payment_method")
            if found["allow_redisplay"] in shown and not _over(found, self._account.clock.now()):
                return found
        return None

    def detach(self, method_id: str) -> Object:
        """The customer has the card no more; it is never offered again."""
        account = self._account
        with account.act():
            method = account.get(method_id, "payment_method")
            if method["customer"] is None:
                raise ApiError(
                    "The payment method you provided is not attached to a customer so detachment"
                    " is impossible."
                )
            method["customer"] = None
            account.save(method)
            account.emit("payment_method.detached", method)
            return method


def saves(session: Object) -> bool:
    """Whether a session's page offers to save a card that is typed there."""
    options = session["saved_payment_method_options"]
    return options is not None and options["payment_method_save"] == "enabled"


def _over(method: Object, now: datetime) -> bool:
    card = method["card"]
    return bool((card["exp_year"], card["exp_month"]) < (now.year, now.month))
