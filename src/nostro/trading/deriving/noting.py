"""Differences written down, each with the deals behind it as far as a look has seen them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from nostro.core.acts import Act
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.deriving.looking import Change, Look
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.operations.breaks import Difference, KnownBreak, within
from nostro.trading.queries.deriving import Place

FEW = 10


def note(
    act: Act, platform: Platform, differ: dict[Place, tuple[Decimal, Decimal]], agree: set[Place],
    look: Look, since: datetime,
) -> int:  # fmt: skip
    """Breaks for what differs; those that this look could see and that agree again are healed, and
    say what they had come from.
    """
    logins = sorted({login for login, _ in differ} | {login for login, _ in agree})
    standing = queries.standing_breaks(platform, logins).select_related("account")
    healed = {
        one.pk: (one.account.login or 0, one.kind) for one in standing
        if (one.account.login, one.kind) in agree and within(one, since)
    }  # fmt: skip
    behind: dict[Place, list[Change]] = defaultdict(list)
    for one in look.changes:
        behind[one.kept.place].append(one)
    moved = {one.kept.place for one in look.changes if one.moved}
    places = [*differ, *(place for place in healed.values() if place in moved)]
    accounts = queries.real_accounts(platform, [login for login, _ in places]) if places else {}
    found = [
        _difference(accounts[place[0]], place[1], figures, behind[place])
        for place, figures in differ.items()
    ]
    nothing = (Decimal(0), Decimal(0))
    causes = {
        pk: _difference(
            accounts[place[0]], place[1], nothing, [one for one in behind[place] if one.moved]
        )
        for pk, place in healed.items() if place in moved
    }  # fmt: skip
    return write(act, platform, found, list(healed), since, causes)


def write(
    act: Act, platform: Platform, found: list[Difference], healed: list[int], since: datetime,
    causes: Mapping[int, Difference] | None = None,
) -> int:  # fmt: skip
    if not found and not healed:
        return 0
    try:
        return trading.note_differences(
            act, platform, found=found, agreeing=healed, causes=causes or {}, seen_from=since
        )  # fmt: skip
    except KnownBreak:
        return 0


def _difference(
    account: TradingAccount, kind: str, figures: tuple[Decimal, Decimal], changes: list[Change]
) -> Difference:
    changes = sorted(changes, key=lambda one: one.kept.ticket)
    agrees = figures[0] == figures[1]
    causes = [
        f"{said} deal {named(one.kept.ticket for one in some)}."
        for said, some in (
            (f"Gone from the platform, and its {kind} with them:" if agrees else
             f"Gone from the platform, though its {kind} keeps what they did:",
             [one for one in changes if one.now is None and not one.late]),
            (f"Changed on the platform, and its {kind} too:" if agrees else
             f"Changed on the platform, and not its {kind}:",
             [one for one in changes if one.now is not None]),
            (f"Written into the platform's past, and into its {kind}:" if agrees else
             f"Written into the platform's past, and not into its {kind}:",
             [one for one in changes if one.late]),
        ) if some
    ]  # fmt: skip
    cause = " ".join(causes) or f"The platform's deals do not add up to the {kind} it shows."
    return Difference(account.pk, kind, *figures, cause, tuple(one.trace for one in changes))


def named(tickets: Iterable[int]) -> str:
    """Some tickets in a sentence: the first few, and how many more the break lists."""
    all_ = list(tickets)
    more = f" and {len(all_) - FEW} more" if len(all_) > FEW else ""
    return ", ".join(map(str, all_[:FEW])) + more
