"""The hosted payment page: what a payer sees. Plain HTML that works without any script."""

import re
from datetime import datetime
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, urlsplit

from simulators.psp.account import Account, ApiError, Object
from simulators.psp.cards import digits, luhn
from simulators.psp.checkout import Checkout
from simulators.psp.currencies import major
from simulators.web.http import Reply, Request, Router, redirect

_FOLDER = Path(__file__).parent / "templates"
_FIELDS = ("number", "expiry", "code", "name")


class Pages:
    """`/c/pay/{session}`, `/c/confirm/{session}` (3-D Secure) and their style sheet."""

    def __init__(self, account: Account, checkout: Checkout) -> None:
        self._account = account
        self._checkout = checkout
        self._router = Router()
        self._router.add("GET", "/assets/pay.css", _style)
        self._router.add("GET", "/c/pay/{id}", self._show)
        self._router.add("POST", "/c/pay/{id}", self._submit)
        self._router.add("GET", "/c/confirm/{id}", self._show_challenge)
        self._router.add("POST", "/c/confirm/{id}", self._answer_challenge)

    def __call__(self, request: Request) -> Reply:
        try:
            return self._router(request)
        except ApiError:
            return _page("closed", {"sentence": "There is no such payment."}, [], 404)

    def _show(self, request: Request) -> Reply:
        session = self._account.get(request.part["id"], "checkout.session")
        return self._leave(session) or self._form(session, {}, {})

    def _submit(self, request: Request) -> Reply:
        session = self._account.get(request.part["id"], "checkout.session")
        if done := self._leave(session):
            return done
        given = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        typed = {name: given.get(name, "").strip() for name in _FIELDS}
        problems = _problems(typed, self._account.clock.now())
        if problems:
            return self._form(session, typed, problems)
        session = self._checkout.pay(session["id"], digits(typed["number"]))
        return self._after(session, {"name": typed["name"]})

    def _show_challenge(self, request: Request) -> Reply:
        session = self._account.get(request.part["id"], "checkout.session")
        if done := self._leave(session):
            return done
        values = {"amount": _amount(session), "id": session["id"], "title": session["_title"]}
        return _page("confirm", values, [session["success_url"], session["cancel_url"]])

    def _answer_challenge(self, request: Request) -> Reply:
        given = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        passed = given.get("answer") == "confirm"
        return self._after(self._checkout.authenticate(request.part["id"], passed=passed), {})

    def _after(self, session: Object, typed: dict[str, str]) -> Reply:
        """Where the payer goes once the card has been tried."""
        if done := self._leave(session):
            return done
        intent = self._account.get(session["payment_intent"], "payment_intent")
        if intent["status"] == "requires_action":
            return redirect(f"{self._account.terms.page_url}/c/confirm/{session['id']}")
        error = intent["last_payment_error"] or {"message": "Please try again."}
        return self._form(session, typed, {"": error["message"]}, status=402)

    def _leave(self, session: Object) -> Reply | None:
        """Away from the page, where there is nothing left to pay."""
        if session["status"] == "complete":
            return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
        if session["status"] == "expired":
            sentence = "This payment page has expired. Go back to the shop and start again."
            return _page("closed", {"sentence": sentence}, [], HTTPStatus.GONE)
        return None

    def _form(
        self, session: Object, typed: dict[str, str], problems: dict[str, str], status: int = 200
    ) -> Reply:
        values = {
            "id": session["id"],
            "amount": _amount(session),
            "title": session["_title"],
            "cancel": session["cancel_url"] or "",
        }
        first = next(iter(problems), "number")
        for name in _FIELDS:
            values[name] = "" if name == "code" else typed.get(name, "")
            values[f"{name}_problem"] = problems.get(name, "")
            values[f"{name}_invalid"] = "true" if name in problems else "false"
            values[f"{name}_focus"] = "autofocus" if name == (first or "number") else ""
        values["declined"] = problems.get("", "")
        if problems and not status >= HTTPStatus.BAD_REQUEST:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _page("pay", values, [session["success_url"], session["cancel_url"]], status)


def _problems(typed: dict[str, str], now: datetime) -> dict[str, str]:
    """What is wrong with what was typed, by field."""
    found = {}
    if not luhn(digits(typed["number"])):
        found["number"] = "Enter the number on the front of the card."
    match = re.fullmatch(r"(0[1-9]|1[0-2])\s*/?\s*(?:20)?(\d\d)", typed["expiry"])
    if match is None:
        found["expiry"] = "Enter the expiry date as month and year, for example 04/30."
    elif (2000 + int(match[2]), int(match[1])) < (now.year, now.month):
        found["expiry"] = "This card has expired."
    if not re.fullmatch(r"[0-9]{3,4}", typed["code"]):
        found["code"] = "Enter the 3 or 4 digits of the security code."
    if not typed["name"]:
        found["name"] = "Enter the name on the card."
    return found


def _amount(session: Object) -> str:
    currency = session["currency"]
    return f"{major(session['amount_total'], currency):,} {currency.upper()}"


def _page(
    name: str, values: dict[str, str], leads_to: list[str | None], status: int = 200
) -> Reply:
    """A template with escaped values. A form's redirects count as form actions for a browser."""
    text = (_FOLDER / f"{name}.html").read_text(encoding="utf-8")
    escaped = {key: escape(value, quote=True) for key, value in values.items()}
    targets = {f"{url.scheme}://{url.netloc}" for url in map(urlsplit, filter(None, leads_to))}
    policy = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none';"
        f" form-action 'self' {' '.join(sorted(targets))}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    body = Template(text).substitute(escaped).encode()
    return Reply(status, body, "text/html; charset=utf-8", headers)


def _style(_: Request) -> Reply:
    return Reply(200, (_FOLDER / "pay.css").read_bytes(), "text/css; charset=utf-8")
