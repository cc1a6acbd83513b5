"""Accounts that stood on a platform before this house: compared with our clients first, agreed to
by a second person, then theirs here, some hundred at a time. Nothing is opened on the platform.

What an account's deals make is posted against `house/opening` at once, to the cent: its past is
history, and no gain or loss of this house's.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import connection

from nostro.core.acts import Act
from nostro.core.approvals import BY_OTHERS
from nostro.core.files import Upload, read, store
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.ledger import chart
from nostro.ledger.chart import house_opening
from nostro.ledger.operations import Move, Posting, post_many
from nostro.people.operations.agreed import (
    BegunAgain,
    check_still,
    check_unchanged,
    proposed_only_in,
)
from nostro.trading import logins, queries
from nostro.trading.events import (
    AccountTakenOver,
    LoginsCompared,
    LoginsListed,
    LoginsTakenOver,
    TakeoverCompared,
    TakeoverCompleted,
    TakeoverDropped,
    TakeoverInterrupted,
    TakeoverRead,
    TakeoverStarted,
)
from nostro.trading.models import (
    Deal,
    Platform,
    Restriction,
    TakenDeal,
    Takeover,
    TakeoverRow,
    Tally,
    TradingAccount,
)
from nostro.trading.models.deals import BY_HAND
from nostro.trading.ports import PlatformAccount, Right
from nostro.trading.queries.takeovers import (
    IN_NO_LINE,
    Judged,
    Standing,
    judge,
    owned,
    takeover_counts,
)

Status, Row = Takeover.Status, TakeoverRow.Status
OPENING = "opening"
AS_IT_STOOD = "As it stood on the platform when it was taken over"


class NothingToTakeOver(Problem):
    """No login of it can be taken over."""

    status = 409


class PastUnread(Problem):
    """Balances are what deals make them, and not every deal is known yet."""

    status = 409


@operation(title="Take over accounts", icon="transfer-in", lock=False)
def read_takeover(act: Act, *, platform: Platform, file: Upload | None = None) -> Takeover:
    """Compare logins that stand on a platform with our clients. Nothing becomes anybody's yet.

    A file says whose each login is. Without one they are all logins that nobody here owns, by the
    client number and e-mail address that the platform keeps.
    """
    if platform.left_at is not None:
        raise WrongState(f"{platform} is not followed. Follow it again first.", field="platform")
    stored = None
    if file is not None and file.content:
        logins.read(file.content)
        stored = store(act, replace(file, content_type="text/csv"), client_id=None)
    made = Takeover.objects.create(
        platform=platform, stored=stored, maker_id=act.actor.id if act.actor.kind == "staff" else
        None, made_at=act.at, status=Status.COMPARING,
    )  # fmt: skip
    act.record(TakeoverRead(platform.pk, platform.name), about=made)
    return made


@operation(title="Compare again", icon="refresh")
def compare_takeover(act: Act, takeover: Takeover) -> Takeover:
    """Compare what is not taken over once more: what was in its way may be mended by now."""
    takeover.move_to(Status.COMPARING)
    takeover.rows.exclude(status=Row.DONE).delete()
    platform = takeover.platform
    act.record(TakeoverRead(platform.pk, platform.name), about=takeover)
    return takeover


@operation(internal=True)
def list_logins(act: Act, takeover: Takeover, *, found: Sequence[int]) -> Takeover:
    """Write down which logins are to be compared, `found` being all that the platform has."""
    check_still(takeover, Status.COMPARING)
    taken = {one for one in takeover.rows.values_list("login", flat=True) if one}
    mine = owned(takeover.platform)
    rows = []
    if takeover.stored is None:
        rows = [_row(takeover, n, one) for n, one in enumerate(sorted(set(found) - mine), 1)]
    else:
        lines = logins.read(read(takeover.stored))
        rows = [
            _row(takeover, one.number, one.login, named=one.client, said=one.fault)
            for one in lines if one.login is None or one.login not in taken
        ]  # fmt: skip
        loose = sorted(set(found) - mine - {one.login for one in lines})
        after = max(one.number for one in lines) + 1
        rows += [_row(takeover, n, one, said=IN_NO_LINE) for n, one in enumerate(loose, after)]
    TakeoverRow.objects.bulk_create(rows, batch_size=2000)
    act.record(LoginsListed(len(rows)), about=takeover)
    if not rows:
        _compared(act, takeover)
    return takeover


def _row(
    takeover: Takeover, number: int, login: int | None, *, named: str = "", said: str = ""
) -> TakeoverRow:
    return TakeoverRow(
        takeover=takeover, number=number, login=login, named=named, said=said, status=Row.CHOSEN
    )


@operation(internal=True)
def compare_logins(
    act: Act, takeover: Takeover, *, rows: Sequence[int], seen: Mapping[int, Standing]
) -> Takeover:
    """Write down what would become of some rows. After the last one it waits for people."""
    check_still(takeover, Status.COMPARING)
    judged = judge(takeover, _still(takeover, rows, Row.CHOSEN), seen)
    _write(act, judged)
    planned = sum(one.status == Row.PLANNED for one in judged)
    act.record(LoginsCompared(len(judged), planned), about=takeover)
    if not takeover.rows.filter(status=Row.CHOSEN).exists():
        _compared(act, takeover)
    return takeover


def _still(takeover: Takeover, rows: Sequence[int], status: str) -> list[TakeoverRow]:
    """The rows of a portion. They are gone where it was compared again since they were read."""
    some = takeover.rows.select_for_update().filter(pk__in=rows, status=status)
    found = list(some.order_by("number"))
    if not found:
        raise BegunAgain(f"These logins of {takeover} were done, or listed anew, meanwhile.")
    return found


def _compared(act: Act, takeover: Takeover) -> None:
    counts = takeover_counts([takeover])[takeover.pk]
    takeover.move_to(Status.DONE if counts.done and not counts.planned else Status.READY)
    event = TakeoverCompared(counts.planned, counts.refused, counts.left)
    act.record(event, about=takeover)


def _write(act: Act, judged: Sequence[Judged]) -> None:
    """What was found of rows, and what becomes of them, in one statement."""
    fields = ["status", "said", "named", "client", "group", "currency", "leverage", "balance",
              "credit", "positions", "at", "account"]  # fmt: skip
    for one in judged:
        row = one.row
        row.status, row.said, row.at = one.status, one.said[:300], act.at
        if one.client is not None:
            row.client, row.named = one.client, ""
        if one.standing is not None:
            there = one.standing.account
            row.group, row.leverage = there.group[:64], there.leverage
            row.balance, row.credit = there.balance, there.credit
            row.positions = one.standing.positions
        row.currency = one.group.currency if one.group else ""
    TakeoverRow.objects.bulk_update([one.row for one in judged], fields, batch_size=500)


@operation(title="Take over", icon="transfer-in",
           confirm="A second person has to agree. The accounts become their clients’, and their "
           "balances are opened in the ledger.")  # fmt: skip
def start_takeover(act: Act, takeover: Takeover) -> Takeover:
    """Give every account that can be taken over to its client, in the background."""
    counts = takeover_counts([takeover])[takeover.pk]
    if takeover.status != Status.READY:
        raise WrongState(f"{takeover} is {takeover.status_label.lower()}.")
    if not counts.planned:
        raise NothingToTakeOver("No account of it can be taken over: each row says why.")
    if not queries.whole_history(takeover.platform):
        raise PastUnread(
            f"The past of {takeover.platform} is still being read. Its accounts can be taken over "
            "once every deal is known."
        )
    check_unchanged(act, start_takeover.name, takeover)
    takeover.move_to(Status.RUNNING, started_at=act.at)
    act.record(TakeoverStarted(counts.planned), about=takeover)
    return takeover


BY_OTHERS.add(start_takeover.name)
proposed_only_in(start_takeover.name, Status.READY)


@operation(title="Drop", icon="trash", tone="refuse")
def drop_takeover(act: Act, takeover: Takeover, *, reason: str) -> Takeover:
    """Give it up. What is taken over stays so."""
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    takeover.move_to(Status.DROPPED, reason=whole(reason), ended_at=act.at)
    act.record(TakeoverDropped(whole(reason)), about=takeover)
    return takeover


@operation(internal=True)
def interrupt_takeover(act: Act, takeover: Takeover, *, reason: str) -> Takeover:
    """It cannot go on. What is not taken over waits for people again."""
    check_still(takeover, Status.RUNNING)
    takeover.move_to(Status.READY, reason=reason[:200])
    act.record(TakeoverInterrupted(reason[:200]), about=takeover)
    return takeover


@operation(internal=True)
def take_over_logins(
    act: Act, takeover: Takeover, *, rows: Sequence[int], seen: Mapping[int, Standing]
) -> Takeover:
    """Give some accounts to their clients: with their past, and with their balance in the ledger.

    What stands otherwise than when it was agreed to is refused, and says why.
    """
    check_still(takeover, Status.RUNNING)
    judged = judge(takeover, _still(takeover, rows, Row.PLANNED), seen)
    fit = [one for one in judged if one.status == Row.PLANNED]
    accounts = TradingAccount.objects.bulk_create(_account(act, takeover, one) for one in fit)
    for one, account in zip(fit, accounts, strict=True):
        one.row.account = account
    _restrict(act, zip(fit, accounts, strict=True))
    deals = _open(act, takeover, accounts)
    for account in accounts:
        event = AccountTakenOver(account.pk, account.login or 0, deals[account.pk])
        act.record(event, about=account)
    _write(act, [replace(one, status=Row.DONE) if one in fit else one for one in judged])
    act.record(LoginsTakenOver(len(fit), len(judged) - len(fit)), about=takeover)
    if not takeover.rows.filter(status=Row.PLANNED).exists():
        counts = takeover_counts([takeover])[takeover.pk]
        takeover.move_to(Status.DONE, ended_at=act.at)
        act.record(TakeoverCompleted(counts.done, counts.refused), about=takeover)
    return takeover


def _account(act: Act, takeover: Takeover, one: Judged) -> TradingAccount:
    assert one.client is not None and one.group is not None and one.standing is not None
    there, group = one.standing.account, one.group
    since = there.registered_at or act.at
    return TradingAccount(
        client=one.client, entity=group.entity, platform=takeover.platform, group=group,
        login=there.login, name=f"{group.account_type.capitalize()} {group.currency}"[:40],
        account_type=group.account_type, practice=group.practice, currency=group.currency,
        leverage=min(there.leverage, 2**15 - 1), key=f"NST{uuid4().hex[:20].upper()}",
        requested_at=act.at, opened_at=since, taken_over_at=act.at, balance=there.balance,
        credit=there.credit, equity=there.balance + there.credit,
        free_margin=there.balance + there.credit, status=_status(there), status_at=act.at,
        reason=AS_IT_STOOD if _status(there) != TradingAccount.Status.OPEN else "",
        swap_free_since=act.at if group.swap_free else None,
    )  # fmt: skip


def _status(there: PlatformAccount) -> str:
    """What it may do here is what it may do there."""
    if not there.enabled:
        return TradingAccount.Status.DISABLED
    return {
        Right.FULL: TradingAccount.Status.OPEN, Right.CLOSE_ONLY: TradingAccount.Status.CLOSE_ONLY,
    }.get(there.trading, TradingAccount.Status.READ_ONLY)  # fmt: skip


def _restrict(act: Act, pairs: object) -> None:
    Restriction.objects.bulk_create(
        Restriction(
            account=account, cause=Restriction.Cause.PERSON, how=account.status,
            reason=AS_IT_STOOD, placed_at=act.at,
        )
        for _, account in pairs  # type: ignore[attr-defined]
        if account.status != TradingAccount.Status.OPEN
    )  # fmt: skip


ADOPT = """
UPDATE trading_deal d SET account_id = a.id FROM trading_tradingaccount a
 WHERE a.id = ANY(%(ids)s) AND d.platform_id = %(platform)s AND d.account_id IS NULL
   AND a.platform_id = d.platform_id AND a.login = d.login
"""
MADE = """
SELECT account_id, count(*),
       coalesce(sum(profit + swap + commission + fee) FILTER (WHERE action <> 'credit'), 0),
       coalesce(sum(profit + swap + commission + fee) FILTER (WHERE action = 'credit'), 0)
  FROM trading_deal WHERE account_id = ANY(%(ids)s) GROUP BY 1
"""


def _open(
    act: Act, takeover: Takeover, accounts: Sequence[TradingAccount]
) -> dict[int, int]:  # fmt: skip
    """The past of accounts becomes theirs, and what it comes to is opened in the ledger: in the
    same transaction, so that each deal is either in the opening or settled later. How many deals.
    """
    count: dict[int, int] = defaultdict(int)
    by_id = {one.pk: one for one in accounts}
    if not by_id:
        return count
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"ids": list(by_id), "platform": takeover.platform_id}
        cursor.execute(ADOPT, given)
        cursor.execute(MADE, given)
        made = cursor.fetchall()
    real = [one for one in made if not by_id[one[0]].practice]
    count |= {pk: deals for pk, deals, *_ in made}
    Tally.objects.bulk_create(Tally(account=by_id[pk], moved=moved) for pk, _, moved, _ in real)
    _know_past(act, takeover, {pk: by_id[pk] for pk, *_ in real})
    postings = [
        posting
        for pk, _, moved, lent in real
        if (posting := _posting(act, takeover, by_id[pk], moved, lent))
    ]
    if postings:
        post_many(act, postings)
    return count


def _know_past(act: Act, takeover: Takeover, accounts: Mapping[int, TradingAccount]) -> None:
    """Money that somebody moved on the platform before is in the opening: nobody looks for it."""
    rows = Deal.objects.filter(account__in=list(accounts), action__in=BY_HAND).order_by("pk")
    taken = []
    for pk, account_id, *parts in rows.values_list(
        "pk", "account", "profit", "swap", "commission", "fee"
    ):
        amount = accounts[account_id].money(sum(parts, Decimal(0))).amount
        taken.append(
            TakenDeal(
                deal_id=pk, amount=amount, against=OPENING, taken_at=act.at,
                reason=f"Part of its opening balance, {takeover}",
            )
        )  # fmt: skip
    TakenDeal.objects.bulk_create(taken, batch_size=2000)


def _posting(
    act: Act, takeover: Takeover, account: TradingAccount, moved: Decimal, lent: Decimal
) -> Posting | None:  # fmt: skip
    """Cash and credit in one entry; nothing where neither stands there."""
    slug, login = takeover.platform.slug, account.login or 0
    pairs = (
        (account.money(moved), chart.client_trading(account.client_id, slug, login)),
        (account.money(lent), chart.client_credit(account.client_id, slug, login)),
    )
    moves = [_move(money, theirs) for money, theirs in pairs if money]
    if not moves:
        return None
    return Posting(
        f"Opening balance of {login}, taken over", moves, f"takeover/{slug}/{login}", "opening",
        account.entity_id, act.at,
    )  # fmt: skip


def _move(money: Money, theirs: chart.Account) -> Move:
    source, target = (house_opening(), theirs) if money.amount > 0 else (theirs, house_opening())
    return Move(abs(money), source, target)
