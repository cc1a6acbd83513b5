"""How payments are said to the client they belong to: currencies, lines of activity, days."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from nostro.kit.money import Money
from nostro.ledger.models import Exchange
from nostro.payments.models import ClientTransfer, Deposit, Withdrawal
from nostro.payments.queries.wallets import Happened
from nostro.ui.templatetags.nostro import amount

CURRENCIES = {
    "EUR": ("Euro", "currency-euro"), "USD": ("US dollar", "currency-dollar"),
    "GBP": ("Pound sterling", "currency-pound"), "JPY": ("Yen", "currency-yen"),
    "USDT": ("Tether", "currency-tugrik"), "BTC": ("Bitcoin", "currency-bitcoin"),
    "ETH": ("Ether", "currency-ethereum"),
}  # fmt: skip
WITHDRAWAL_WORDS = {
    "requested": ("Being checked", "wait"), "approval": ("Being checked", "wait"),
    "second": ("Being checked", "wait"), "asked": ("We have a question", "warn"),
    "approved": ("Approved", "wait"), "sent": ("Sent", "wait"), "paid": ("Paid out", "ok"),
    "refused": ("Refused, back in your wallet", "bad"),
    "cancelled": ("Cancelled, back in your wallet", "quiet"),
    "stuck": ("We are asking the bank", "warn"), "returned": ("It came back to us", "warn"),
}  # fmt: skip
DEPOSIT_WORDS = {
    "started": ("Not paid yet", "wait"), "pending": ("On its way", "wait"),
    "settled": ("In your wallet", "ok"), "failed": ("Not paid", "bad"),
    "held": ("We are looking at it", "warn"), "charged_back": ("Taken back by the card", "bad"),
}  # fmt: skip
TRANSFER_WORDS = {
    "requested": ("On its way", "wait"), "in_transit": ("On its way", "wait"),
    "settled": ("Arrived", "quiet"), "failed": ("Went back", "bad"),
}  # fmt: skip

GIVEN_WORDS = {
    "requested": ("Being checked", "wait"), "approval": ("Being checked", "wait"),
    "settled": ("Sent", "quiet"), "refused": ("Not sent", "bad"),
    "cancelled": ("Taken back, in your wallet", "quiet"),
}  # fmt: skip


def currency_name(code: str) -> str:
    return CURRENCIES.get(code, (code, ""))[0]


def currency_icon(code: str) -> str:
    return CURRENCIES.get(code, ("", "coin"))[1]


def wallet_name(code: str) -> str:
    """`euro wallet`, in the middle of a sentence."""
    name = currency_name(code)
    first = name if name == code or name.startswith("US ") else name[:1].lower() + name[1:]
    return f"{first} wallet"


def signed(money: Money, sign: str = "") -> str:
    return f"{sign}{amount(money)}"


def row_of(happened: Happened) -> dict[str, Any]:
    """A line of activity, as `ui/portal/row.html` draws it."""
    thing = happened.thing
    if isinstance(thing, Deposit):
        words, tone = DEPOSIT_WORDS[thing.status]
        icon = {"ok": "check", "bad": "x"}.get(tone, "clock")
        return _row(f"/room/deposits/{thing.pk}/", icon, tone, f"{thing.method} deposit",
                    words, thing.money, "+" if tone == "ok" else "")  # fmt: skip
    if isinstance(thing, Withdrawal):
        words, tone = WITHDRAWAL_WORDS[thing.status]
        title = f"To {thing.destination}" if thing.destination else "To your card"
        back = thing.status in (Withdrawal.Status.REFUSED, Withdrawal.Status.CANCELLED)
        return _row(f"/room/withdrawals/{thing.pk}/", "arrow-bar-up", tone, title, words,
                    thing.money, "" if back else "−")  # fmt: skip
    if isinstance(thing, Exchange):
        given = Money.from_minor(int(thing.given), thing.quote.sells_id)
        got = Money.from_minor(int(thing.got), thing.quote.buys_id)
        return _row("/room/money/", "refresh", "quiet", f"Exchange of {given}", "Exchanged",
                    got, "+")  # fmt: skip
    if isinstance(thing, ClientTransfer):
        words, tone = GIVEN_WORDS[thing.status]
        url = f"/room/sent/{thing.pk}/"
        if happened.came:
            return _row(url, "users", "ok", f"From {thing.client.name}", "In your wallet",
                        thing.money, "+")  # fmt: skip
        back = thing.status in (ClientTransfer.Status.REFUSED, ClientTransfer.Status.CANCELLED)
        return _row(url, "users", tone, f"To client {thing.recipient}", words, thing.money,
                    "" if back else "−")  # fmt: skip
    words, tone = TRANSFER_WORDS[thing.status]
    account = thing.account
    title = f"Wallet to {account.name or account}"
    if thing.direction == "out":
        title = f"{account.name or account} to wallet"
    small = words if tone != "quiet" else str(account)
    return _row(
        f"/room/transfers/{thing.pk}/", "arrows-exchange", tone, title, small, thing.money, ""
    )


def _row(
    url: str, icon: str, tone: str, title: str, small: str, money: Money, sign: str
) -> dict[str, Any]:
    return {
        "url": url, "icon": icon, "tone": "" if tone == "quiet" else tone, "title": title,
        "small": small, "value": signed(money, sign), "unit": str(money.currency),
    }  # fmt: skip


def by_day(found: list[Happened], now: datetime) -> list[dict[str, Any]]:
    """Lines under their UTC day."""
    days: dict[date, list[dict[str, Any]]] = {}
    for one in found:
        days.setdefault(one.at.astimezone(UTC).date(), []).append(row_of(one))
    return [{"title": day_of(day, now), "rows": rows} for day, rows in days.items()]


def day_of(day: date, now: datetime) -> str:
    today = now.astimezone(UTC).date()
    if day == today:
        return "Today"
    said = f"{day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")
    if day == today - timedelta(days=1):
        return f"Yesterday, {said}"
    return f"{day:%A}, {said}"


def moment(at: datetime | None, now: datetime) -> str:
    """`16:20` today, `19 Nov, 16:20` before."""
    if at is None:
        return ""
    at, today = at.astimezone(UTC), now.astimezone(UTC).date()
    return f"{at:%H:%M}" if at.date() == today else f"{at.day} {at:%b}, {at:%H:%M}"
