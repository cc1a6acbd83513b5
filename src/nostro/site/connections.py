"""What the house depends on, each by its name with its state: platforms, payment providers, banks
and liquidity providers. What they said of themselves stays on the pages of staff.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Literal

from nostro.core.acts import Act
from nostro.exposure import queries as exposure
from nostro.payments import queries as payments
from nostro.reconciliation import queries as reconciliation
from nostro.trading import queries as trading

State = Literal["ok", "late", "broken"]
QUIET = timedelta(minutes=2)
"""Platforms and liquidity providers that are followed are heard at least twice a minute."""
Verdict = tuple[State, str]


def _heard(act: Act, row: Any, heard_at: datetime | None) -> Verdict:
    if row.trouble_since:
        return "broken", f"No answer since {row.trouble_since:%-d %b %H:%M} UTC."
    if heard_at is None:
        return "late", "Not heard yet."
    late = act.at - heard_at > QUIET
    return "late" if late else "ok", f"Heard at {heard_at:%-d %b %H:%M:%S} UTC."


def _platform(act: Act, row: Any) -> Verdict:
    if row.left_at:
        return "ok", f"Not followed since {row.left_at:%-d %b %H:%M} UTC."
    return _heard(act, row, row.read_at)


def _liquidity(act: Act, row: Any) -> Verdict:
    return _heard(act, row, row.heard_at) if row.live else ("ok", "Not followed.")


def _provider(act: Act, row: Any) -> Verdict:
    if row.trouble_since:
        return "broken", f"In trouble since {row.trouble_since:%-d %b %H:%M} UTC."
    return ("ok", "Open.") if row.open else ("late", "Paused.")


def _bank(act: Act, row: Any) -> Verdict:
    if row.trouble:
        return "broken", "Its statements cannot be read."
    if row.read_at is None:
        return "late", "No statement was read yet."
    return "ok", f"Read at {row.read_at:%-d %b %H:%M} UTC."


KINDS: dict[str, tuple[Callable[[Act], Any], Callable[[Act, Any], Verdict]]] = {
    "platform": (trading.platforms, _platform),
    "payment provider": (payments.providers, _provider),
    "bank account": (reconciliation.bank_accounts, _bank),
    "liquidity provider": (exposure.providers, _liquidity),
}


def connections(act: Act, *, named: bool = True) -> Iterator[tuple[str, State, str]]:
    """`platform MT5 Live 1`, its state, and a sentence; four statements for all of them. Unless
    they are to be `named`, each bears its number: `platform 1`.
    """
    for kind, (rows, verdict) in KINDS.items():
        for number, row in enumerate(rows(act).order_by("pk"), 1):
            yield (f"{kind} {row if named else number}", *verdict(act, row))
