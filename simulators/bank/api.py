"""The customer's door (`/payments`, `/statements`, `/notifications`) and the control port."""

import base64
import binascii
import hmac
import sqlite3
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from simulators.bank import documents
from simulators.bank.books import Books
from simulators.bank.iban import valid
from simulators.bank.initiation import BadFile, Initiation, read
from simulators.web.http import Answer, BadRequest, Reply, Request, Router, json_reply
from simulators.web.running import control_routes


class Api:
    """What a customer may ask. Bearer with the secret, or basic with it as the password."""

    def __init__(self, books: Books, secret_key: str) -> None:
        self._books = books
        self._secret = secret_key
        self._router = Router()
        self._router.add("POST", "/payments", self._pay)
        self._router.add("GET", "/payments", self._status)
        self._router.add("GET", "/statements", self._days(documents.statement))
        self._router.add("GET", "/notifications", self._days(documents.notification))

    def __call__(self, request: Request) -> Reply:
        given = _password(request.headers.get("authorization", ""))
        if not hmac.compare_digest(given, self._secret.encode()):
            challenge = {"WWW-Authenticate": 'Bearer realm="bank", Basic realm="bank"'}
            return Reply(401, b"Who are you?\n", "text/plain", challenge)
        return self._router(request)

    def _pay(self, request: Request) -> Reply:
        try:
            initiation = read(request.body)
        except BadFile as error:
            return json_reply({"error": str(error), "code": "FF01"}, 400)
        books = self._books
        with books.store.transaction():
            if books.known(initiation.message_id):
                note = "A message of this id was taken before."
                return _xml(documents.refusal(books, initiation, "DU01", note))
            if objection := _objection(initiation):
                return _xml(documents.refusal(books, initiation, *objection))
            books.take(initiation)
            return _xml(documents.status_report(books, initiation.message_id))

    def _status(self, request: Request) -> Reply:
        message_id = request.asked("message_id")
        if not self._books.known(message_id):
            return json_reply({"error": "No message of that id was taken."}, 404)
        return _xml(documents.status_report(self._books, message_id))

    def _days(self, write: Callable[[Books, sqlite3.Row, date, date], bytes]) -> Answer:
        def answer(request: Request) -> Reply:
            account = self._books.account(request.asked("account"))
            if account is None:
                return json_reply({"error": "There is no such account."}, 404)
            today = self._books.clock.now().date().isoformat()
            first = _day(request.asked("from", today))
            last = _day(request.asked("to", first.isoformat()))
            if last < first:
                raise BadRequest("from is after to.")
            with self._books.store.transaction():
                return _xml(write(self._books, account, first, last))

        return answer


def control(books: Books) -> Router:
    """`/receive`, beside what every simulator has."""

    def receive(request: Request) -> Reply:
        asked = request.json()
        currency, number = str(asked.get("currency", "")), str(asked.get("account") or "")
        if number:
            account = books.account(number)
        else:
            sql = "SELECT * FROM accounts WHERE currency = ? ORDER BY rowid LIMIT 1"
            account = books.store.row(sql, currency)
        if account is None or account["currency"] != currency:
            raise BadRequest("There is no such account in that currency.")
        payer = str(asked.get("iban") or "").replace(" ", "")
        if payer and not valid(payer):
            raise BadRequest(f"{payer} is not a valid IBAN.")
        reference = books.book(
            account["iban"],
            _amount(asked.get("amount")),
            "PMNT/RCDT/ESCT",
            end_to_end=str(asked.get("end_to_end_id") or "")[:35],
            party=str(asked.get("debtor_name") or "")[:140],
            party_iban=payer,
            remittance=str(asked.get("remittance") or "")[:140],
            value_date=_day(asked["value_date"]).isoformat() if asked.get("value_date") else "",
        )
        return json_reply({"reference": reference, "account": account["iban"]})

    router = control_routes(books.faults, books.clock, lambda: _state(books), moved=books.work)
    router.add("POST", "/receive", receive)
    return router


def _state(books: Books) -> dict[str, Any]:
    accounts = books.store.rows("SELECT * FROM accounts ORDER BY rowid")
    payments = books.store.rows("SELECT * FROM payments ORDER BY seq")
    return {
        "accounts": [
            {
                "iban": row["iban"],
                "currency": row["currency"],
                "owner": row["owner"],
                "balance": str(books.balance(row["iban"])),
                "available": str(books.available(row["iban"])),
            }
            for row in accounts
        ],
        "payments": [dict(row) for row in payments],
    }


def _objection(initiation: Initiation) -> tuple[str, str] | None:
    """Why a whole file cannot be trusted, by its own header."""
    lines = initiation.instructions
    if initiation.claimed_count != len(lines):
        return "AM18", "NbOfTxs is not the number of transactions."
    total = sum((line.amount for line in lines), Decimal(0))
    if initiation.claimed_sum is not None and initiation.claimed_sum != total:
        return "AM10", "CtrlSum is not the sum of the transactions."
    if len({line.end_to_end_id for line in lines}) != len(lines):
        return "AM05", "Two transactions have the same EndToEndId."
    return None


def _password(authorization: str) -> bytes:
    kind, _, given = authorization.partition(" ")
    if kind.lower() == "bearer":
        return given.encode()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    return b""


def _amount(value: object) -> Decimal:
    try:
        amount = Decimal(value if isinstance(value, str) else "")
    except InvalidOperation as error:
        raise BadRequest("amount is decimal text, like '12.50'.") from error
    if not amount.is_finite() or amount <= 0:
        raise BadRequest("amount is above zero.")
    return amount


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise BadRequest(f"{text!r} is not a date.") from error


def _xml(body: bytes) -> Reply:
    return Reply(200, body, "application/xml; charset=utf-8")
