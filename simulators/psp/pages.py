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
from simulators.psp.wallet import Typed, Wallet, saves
from simulators.web.http import Reply, Request, Router, redirect

_FOLDER = Path(__file__).parent / "templates"
_FIELDS = ("number", "expiry", "code", "name")
_CODE = re.compile(r"[0-9]{3,4}")
_CODE_PROBLEM = "Enter the 3 or 4 digits of the security code."


class Pages:
    """`/c/pay/{session}`, `/c/confirm/{session}` (3-D Secure) and their style sheet."""

    def __init__(self, account: Account, checkout: Checkout, wallet: Wallet) -> None:
        self._account = account
        self._wallet = wallet
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
        if done := self._leave(session):
            return done
        saved = self._wallet.shown(session)
        if saved is not None and request.asked("card") != "another":
            return self._saved(session, saved)
        return self._form(session, {}, {})

    def _submit(self, request: Request) -> Reply:
        session = self._account.get(request.part["id"], "checkout.session")
        if done := self._leave(session):
            return done
        given = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if "saved" in given:
            return self._submit_saved(session, given.get("code", "").strip())
        typed = {name: given.get(name, "").strip() for name in _FIELDS}
        problems = _problems(typed, self._account.clock.now())
        if problems:
            return self._form(session, typed, problems)
        month, year = _expiry(typed["expiry"]) or (0, 0)
        card = Typed(digits(typed["number"]), month, year)
        save = given.get("save") == "yes" and saves(session)
        session = self._checkout.pay(session["id"], card, save=save)
        return self._after(session, {"name": typed["name"]})

    def _submit_saved(self, session: Object, code: str) -> Reply:
        saved = self._wallet.shown(session)
        if saved is None:
            return self._form(session, {}, {"": "This card is saved no more. Use another one."})
        if not _CODE.fullmatch(code):
            return self._saved(session, saved, problem=_CODE_PROBLEM, status=422)
        session = self._checkout.pay_saved(session["id"], saved["id"])
        if done := self._leave(session):
            return done
        return self._after(session, {}, saved=saved)

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

    def _after(
        self, session: Object, typed: dict[str, str], *, saved: Object | None = None
    ) -> Reply:
        """Where the payer goes once the card has been tried."""
        if done := self._leave(session):
            return done
        intent = self._account.get(session["payment_intent"], "payment_intent")
        if intent["status"] == "requires_action":
            return redirect(f"{self._account.terms.page_url}/c/confirm/{session['id']}")
        error = intent["last_payment_error"] or {"message": "Please try again."}
        if saved is not None:
            return self._saved(session, saved, declined=error["message"], status=402)
        return self._form(session, typed, {"": error["message"]}, status=402)

    def _leave(self, session: Object) -> Reply | None:
        """Away from the page, where there is nothing left to pay."""
        if session["status"] == "complete":
            return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
        if session["status"] == "expired":
            sentence = "This payment page has expired. Go back to the shop and start again."
            return _page("closed", {"sentence": sentence}, [], HTTPStatus.GONE)
        return None

    def _saved(
        self, session: Object, saved: Object, *, problem: str = "", declined: str = "",
        status: int = 200,
    ) -> Reply:  # fmt: skip
        """The page for a card that is known: it asks for the security code alone."""
        card = saved["card"]
        values = {
            "id": session["id"],
            "amount": _amount(session),
            "title": session["_title"],
            "cancel": session["cancel_url"] or "",
            "card": f"{card['brand'].title()} •••• {card['last4']}",
            "expires": f"{card['exp_month']:02} / {card['exp_year'] % 100:02}",
            "declined": declined,
            "code_problem": problem,
            "code_invalid": "true" if problem else "false",
        }
        return _page("saved", values, [session["success_url"], session["cancel_url"]], status)

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
        save = _template("save") if saves(session) else ""
        leads_to = [session["success_url"], session["cancel_url"]]
        return _page("pay", values, leads_to, status, parts={"save": save})


def _problems(typed: dict[str, str], now: datetime) -> dict[str, str]:
    """What is wrong with what was typed, by field."""
    found = {}
    if not luhn(digits(typed["number"])):
        found["number"] = "Enter the number on the front of the card."
    expiry = _expiry(typed["expiry"])
    if expiry is None:
        found["expiry"] = "Enter the expiry date as month and year, for example 04/30."
    elif expiry[::-1] < (now.year, now.month):
        found["expiry"] = "This card has expired."
    if not _CODE.fullmatch(typed["code"]):
        found["code"] = _CODE_PROBLEM
    if not typed["name"]:
        found["name"] = "Enter the name on the card."
    return found


def _expiry(text: str) -> tuple[int, int] | None:
    """Month and year of `04/30`; None where it is no such thing."""
    match = re.fullmatch(r"(0[1-9]|1[0-2])\s*/?\s*(?:20)?(\d\d)", text)
    return None if match is None else (int(match[1]), 2000 + int(match[2]))


def _amount(session: Object) -> str:
    currency = session["currency"]
    return f"{major(session['amount_total'], currency):,} {currency.upper()}"


def _page(
    name: str,
    values: dict[str, str],
    leads_to: list[str | None],
    status: int = 200,
    parts: dict[str, str] | None = None,
) -> Reply:
    """A template with escaped values. A form's redirects count as form actions for a browser.

    `parts` are templates of ours, put in as they stand.
    """
    text = _template(name)
    escaped = {key: escape(value, quote=True) for key, value in values.items()} | (parts or {})
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


def _template(name: str) -> str:
    return (_FOLDER / f"{name}.html").read_text(encoding="utf-8")


def _style(_: Request) -> Reply:
    return Reply(200, (_FOLDER / "pay.css").read_bytes(), "text/css; charset=utf-8")
