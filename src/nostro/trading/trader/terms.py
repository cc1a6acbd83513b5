"""On what terms an account is kept, and what of them its owner may ask to change."""

from datetime import datetime
from typing import Any

from nostro.trading import queries
from nostro.trading.decisions import PracticeAnswer
from nostro.trading.models import TradingAccount

Status = TradingAccount.Status
LEVERAGES = (1, 2, 5, 10, 20, 30, 50, 100, 200, 300, 400, 500, 1000)


def terms_of(account: TradingAccount, at: datetime) -> dict[str, Any]:
    """What the settings of an account's page show."""
    cap = queries.leverage_cap(account)
    return {
        "terms": _terms(account),
        "leverages": _leverages(account, cap),
        "class_caps": queries.class_caps(account),
        "falls_to": _falls_to(account, cap),
        "kept": queries.kept(account, at),
        "news": queries.windows_now()(account.entity_id),
        "types": _types(account),
        **_swaps(account),
    }


def _falls_to(account: TradingAccount, cap: int) -> int:
    """What leverage falls to as its owner was told, or less far; 0 where it does not."""
    told = account.leverage_notice_cap
    return cap if told is not None and told <= cap < (account.leverage or 0) else 0


def _swaps(account: TradingAccount) -> dict[str, Any]:
    """What may be asked for without swaps, what was asked, and what nights cost then."""
    free = account.group is not None and account.group.swap_free
    most = queries.swap_free_days(account)
    last = account.swap_free_requests.order_by("-pk").first()
    waits = last if last is not None and last.status == "asked" else None
    refused = last if last is not None and last.status == "refused" and not free else None
    steps = sorted({*(one for one in (7, 30, 90, 180) if one < most), most})
    return {
        "swap_free": free, "swap_wish": waits, "swap_refused": refused,
        "swap_days": steps if most and waits is None else [],
        "swap_terms": queries.swap_free_terms(account) if free or most else [],
    }  # fmt: skip


def _terms(account: TradingAccount) -> PracticeAnswer | None:
    """How far virtual money may be topped up now; nothing where it may not."""
    if not account.practice or account.status != Status.OPEN or account.virtual_due:
        return None
    terms = queries.practice_terms(account.client, account.account_type, account.currency)
    return terms if account.balance < terms.top_up_below else None


def _types(account: TradingAccount) -> list[str]:
    """The other account types in this currency, where the account can change."""
    if account.status != Status.OPEN or account.practice:
        return []
    found = {one.account_type for one in queries.offers(account.client)
             if one.currency == account.currency}  # fmt: skip
    return sorted(found - {account.account_type})


def _leverages(account: TradingAccount, cap: int) -> list[dict[str, Any]]:
    """What may be asked for: the usual steps up to the rules' cap, and what it has now."""
    own = account.leverage or 0
    return [
        {"value": one, "current": one == own}
        for one in sorted({*LEVERAGES, own, cap})
        if one and (one <= cap or one == own)
    ]
