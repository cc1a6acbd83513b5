"""Checkout sessions: from the page a payer is sent to, to the charge and its events."""

from collections.abc import Callable
from typing import Any

from simulators.psp.account import Account, ApiError, Object
from simulators.psp.cards import Card, brand, card
from simulators.psp.currencies import THOUSANDTHS
from simulators.psp.form import items
from simulators.psp.wallet import Typed, Wallet

DAY = 24 * 60 * 60


class Checkout:
    """The acts of a payer on a session. Each is one transaction with its events."""

    def __init__(self, account: Account, wallet: Wallet) -> None:
        self._account = account
        self._wallet = wallet

    def open(self, asked: dict[str, Any]) -> Object:
        """A new session from the API's parameters."""
        if asked.get("mode") != "payment":
            raise ApiError("mode must be 'payment'.", param="mode")
        amount, currency = _total(items(asked.get("line_items")))
        customer, saving = self._wallet.asked(asked)
        success = asked.get("success_url", "")
        if not success:
            raise ApiError("Missing required param: success_url.", param="success_url")
        account = self._account
        with account.act():
            session = account.new(
                "cs_test_",
                "checkout.session",
                amount_subtotal=amount,
                amount_total=amount,
                cancel_url=asked.get("cancel_url"),
                client_reference_id=asked.get("client_reference_id"),
                currency=currency,
                customer=customer,
                customer_creation=asked.get("customer_creation"),
                customer_details=None,
                customer_email=asked.get("customer_email"),
                expires_at=int(asked.get("expires_at") or account.clock.seconds() + DAY),
                metadata=asked.get("metadata", {}),
                mode="payment",
                payment_intent=None,
                payment_method_types=["card"],
                payment_status="unpaid",
                saved_payment_method_options=saving,
                status="open",
                success_url=success,
                ui_mode="hosted",
                url=None,
                _title=_title(items(asked["line_items"])),
                _intent_metadata=asked.get("payment_intent_data", {}).get("metadata", {}),
            )
            session["url"] = f"{account.terms.page_url}/c/pay/{session['id']}"
            account.save(session)
        return session

    def pay(
        self, session_id: str, typed: Typed, *, challenge: bool = True, save: bool = False
    ) -> Object:
        """The payer submits a card. A session that is not open is answered as it stands."""
        return self._submit(session_id, lambda: self._wallet.typed(typed, save=save), challenge)

    def pay_saved(self, session_id: str, method_id: str) -> Object:
        """The payer submits the card that the session's customer has saved."""
        account = self._account
        return self._submit(session_id, lambda: account.get(method_id, "payment_method"), True)

    def _submit(self, session_id: str, method: Callable[[], Object], challenge: bool) -> Object:
        account = self._account
        with account.act():
            session = self._fresh(session_id)
            if session["status"] != "open":
                return session
            intent = self._intent(session)
            used = method()
            found = card(used["_number"])
            intent.update(payment_method=used["id"], customer=session["customer"])
            intent["_number"] = used["_number"]
            if found.decline:
                self._decline(session, intent, found.code, found.decline, found.message)
            elif found.challenge and challenge:
                intent["status"] = "requires_action"
                intent["next_action"] = {"type": "redirect_to_url"}
                account.save(intent)
                account.emit("payment_intent.requires_action", intent)
            else:
                self._accept(session, intent, found)
            return session

    def authenticate(self, session_id: str, *, passed: bool) -> Object:
        """The payer comes back from the bank's 3-D Secure page."""
        account = self._account
        with account.act():
            session = self._fresh(session_id)
            if session["status"] != "open" or session["payment_intent"] is None:
                return session
            intent = account.get(session["payment_intent"], "payment_intent")
            if intent["status"] != "requires_action":
                return session
            if passed:
                self._accept(session, intent, card(intent["_number"]))
            else:
                code = "payment_intent_authentication_failure"
                message = "We could not confirm it was you. Try again or take another card."
                self._decline(session, intent, code, "authentication_failed", message)
            return session

    def expire(self, session_id: str) -> Object:
        account = self._account
        with account.act():
            session = account.get(session_id, "checkout.session")
            if session["status"] != "open":
                raise ApiError(
                    "Only Checkout Sessions with a status in ['open'] can be expired. This "
                    f"Session has a status of {session['status']}."
                )
            self._expire(session)
            return session

    def expire_old(self) -> None:
        """Close what nobody paid in time."""
        now = self._account.clock.seconds()
        sql = (
            "SELECT id FROM objects INDEXED BY objects_open WHERE kind = 'checkout.session' AND"
            " json_extract(body, '$.status') = 'open' AND json_extract(body, '$.expires_at') <= ?"
        )
        for row in self._account.store.rows(sql, now):
            with self._account.act():
                self._fresh(row["id"])

    def settle_late(self, intent_id: str, *, paid: bool) -> None:
        """The answer to a payment that was left processing."""
        account = self._account
        with account.act():
            intent = account.get(intent_id, "payment_intent")
            session = account.get(intent["_session"], "checkout.session")
            if intent["status"] != "processing":
                return
            if paid:
                self._capture(session, intent, card(intent["_number"]), intent["amount"])
                account.emit("payment_intent.succeeded", intent)
                account.emit("checkout.session.async_payment_succeeded", session)
            else:
                self._decline(
                    session, intent, "card_declined", "generic_decline", "Your card was declined."
                )
                account.emit("checkout.session.async_payment_failed", session)

    def _fresh(self, session_id: str) -> Object:
        session = self._account.get(session_id, "checkout.session")
        now = self._account.clock.seconds()
        if session["status"] == "open" and session["expires_at"] <= now:
            self._expire(session)
        return session

    def _expire(self, session: Object) -> None:
        session.update(status="expired", url=None)
        self._account.save(session)
        self._account.emit("checkout.session.expired", session)

    def _intent(self, session: Object) -> Object:
        """Stripe makes the payment intent when the payer first submits, not with the session."""
        account = self._account
        if session["payment_intent"] is not None:
            return account.get(session["payment_intent"], "payment_intent")
        intent = account.new(
            "pi_",
            "payment_intent",
            amount=session["amount_total"],
            amount_received=0,
            capture_method="automatic_async",
            currency=session["currency"],
            last_payment_error=None,
            customer=session["customer"],
            latest_charge=None,
            metadata=session["_intent_metadata"],
            next_action=None,
            payment_method=None,
            payment_method_types=["card"],
            status="requires_payment_method",
            _session=session["id"],
            _number="",
        )
        session["payment_intent"] = intent["id"]
        account.save(session)
        return intent

    def _accept(self, session: Object, intent: Object, paid_by: Card) -> None:
        account = self._account
        if late := account.faults.take("decline_late"):
            intent.update(status="processing", next_action=None)
            account.save(intent)
            session.update(status="complete", url=None)
            account.save(session)
            act = "settle" if late.options.get("paid") else "decline"
            account.plan(act, intent["id"], late.seconds)
            account.emit("payment_intent.processing", intent)
            account.emit("checkout.session.completed", session)
            return
        amount = intent["amount"]
        if wrong := account.faults.take("wrong_amount"):
            amount = int(wrong.options.get("amount", max(1, amount * 9 // 10)))
        self._capture(session, intent, paid_by, amount)
        account.emit("payment_intent.succeeded", intent)
        account.emit("checkout.session.completed", session)

    def _capture(self, session: Object, intent: Object, paid_by: Card, amount: int) -> None:
        account = self._account
        self._wallet.keep(session, intent)
        charge = account.new(
            "ch_",
            "charge",
            amount=amount,
            amount_captured=amount,
            amount_refunded=0,
            currency=intent["currency"],
            disputed=False,
            metadata=intent["metadata"],
            paid=True,
            payment_intent=intent["id"],
            payment_method_details=_method(paid_by),
            refunded=False,
            status="succeeded",
            _refund=paid_by.refund,
        )
        booked = account.book("charge", charge, amount, fee=account.terms.fee(amount))
        charge["balance_transaction"] = booked["id"]
        account.save(charge)
        intent.update(
            status="succeeded",
            amount_received=amount,
            latest_charge=charge["id"],
            last_payment_error=None,
            next_action=None,
        )
        account.save(intent)
        session.update(status="complete", payment_status="paid", url=None, amount_total=amount)
        account.save(session)
        if paid_by.after == "dispute":
            account.plan("dispute", charge["id"], 1)

    def _decline(
        self, session: Object, intent: Object, code: str, decline: str, message: str
    ) -> None:
        account = self._account
        charge = account.new(
            "ch_",
            "charge",
            amount=intent["amount"],
            amount_captured=0,
            amount_refunded=0,
            balance_transaction=None,
            currency=intent["currency"],
            disputed=False,
            failure_code=code,
            failure_message=message,
            metadata=intent["metadata"],
            paid=False,
            payment_intent=intent["id"],
            payment_method_details=_method(card(intent["_number"])),
            refunded=False,
            status="failed",
        )
        error = {"type": "card_error", "code": code, "decline_code": decline, "message": message}
        intent.update(
            status="requires_payment_method",
            latest_charge=charge["id"],
            next_action=None,
            last_payment_error={**error, "charge": charge["id"]},
        )
        account.save(intent)
        account.save(session)
        account.emit("payment_intent.payment_failed", intent)


def _method(paid_by: Card) -> dict[str, Any]:
    number = paid_by.number
    return {"type": "card", "card": {"brand": brand(number), "last4": number[-4:]}}


def _title(lines: list[Any]) -> str:
    named = lines[0].get("price_data", {}).get("product_data", {}).get("name", "")
    return str(named) or "Payment"


def _total(lines: list[Any]) -> tuple[int, str]:
    """The sum in the smallest unit and its currency, from `line_items`."""
    amount, currencies = 0, set()
    for index, line in enumerate(lines):
        price = line.get("price_data", {}) if isinstance(line, dict) else {}
        where = f"line_items[{index}][price_data]"
        for name, text in (
            ("unit_amount", price.get("unit_amount", "")),
            ("quantity", line.get("quantity", "1")),
        ):
            if not (str(text).isdecimal() and 0 < int(text) < 10**8):
                raise ApiError(f"Invalid integer: {text}", param=f"{where}[{name}]")
        amount += int(price["unit_amount"]) * int(line.get("quantity", "1"))
        currencies.add(str(price.get("currency", "")).lower())
    if len(currencies) != 1:
        raise ApiError("Line items need one currency.", param="line_items")
    currency = currencies.pop()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise ApiError(f"Invalid currency: {currency}", param="line_items")
    if currency in THOUSANDTHS and amount % 10:
        raise ApiError("The last digit must be 0 in this currency.", param="line_items")
    return amount, currency
