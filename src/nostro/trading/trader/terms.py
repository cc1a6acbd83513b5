"""On what terms an account is kept, and what of them its owner may ask to change."""

from datetime import datetime
from typing import Any

from nostro.core.acts import now
from nostro.trading import queries
from nostro.trading.decisions import SWAP_FREE, PracticeAnswer
from nostro.trading.models import TradingAccount
from nostro.trading.queries.leverage import given
from nostro.trading.queries.swaps import has_swap_free

Status = TradingAccount.Status
LEVERAGES = (1, 2, 5, 10, 20, 30, 50, 100, 200, 300, 400, 500, 1000)


def terms_of(account: TradingAccount, at: datetime) -> dict[str, Any]:
    """What the settings of an account's page show."""
    cap = queries.leverage_cap(account)
    return {
        "terms": _terms(account),
        **_leverage(account, cap),
        "class_caps": queries.class_caps(account),
        "falls_to": _falls_to(account, cap),
        "kept": queries.kept(account, at),
        "news": queries.windows_now()(account.entity_id),
        "types": _types(account),
        "paying_types": _paying_types(account),
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


def _paying_types(account: TradingAccount) -> list[str]:
    """The other types on which an account that trades without swaps would pay them again."""
    group = account.group
    if group is None or not group.swap_free:
        return []
    rule = queries.in_force(SWAP_FREE)
    return [
        one for one in _types(account)
        if not rule(queries.swap_free_asked(account, one)).allowed
        or not has_swap_free(group, one)
    ]  # fmt: skip


def _leverage(account: TradingAccount, cap: int) -> dict[str, Any]:
    """What may be asked for: the usual steps up to the licence's cap, and what it has now; and
    what became of the last wish.
    """
    own, licence = account.leverage or 0, queries.ceilings()(account)
    most = cap if account.practice else max(cap, licence)
    last = account.leverage_requests.order_by("-pk").first()
    open_ = last if last is not None and last.status in ("asked", "sent") else None
    refused = last is not None and last.status == "refused"
    return {
        "leverages": [
            {"value": one, "current": one == own, "above": one > cap and one != own}
            for one in sorted({*LEVERAGES, own, cap, most})
            if one and (one <= most or one == own)
        ],
        "above": most > cap, "leverage_wish": open_, "leverage_refused": last if refused else None,
        "leverage_given": given(account, now()),
    }  # fmt: skip
