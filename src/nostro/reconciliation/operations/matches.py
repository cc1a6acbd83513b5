"""Matches: made sure, proposed, confirmed, refused, undone. Each posts one entry or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.ledger import chart
from nostro.ledger.models import Entry
from nostro.ledger.operations import Move, post, reverse
from nostro.payments import operations as payments
from nostro.payments.models import Deposit, Leg, Withdrawal
from nostro.reconciliation.events import LinesMatched, MatchProposed, MatchRefused, MatchUndone
from nostro.reconciliation.matching import Found
from nostro.reconciliation.models import BankAccount, Break, Match, Payout, StatementLine
from nostro.reconciliation.operations.breaks import close_break, open_break

Line = StatementLine.Status


class NotForThis(Problem):
    """The payment that was named does not fit the line."""


class ReasonNeeded(Problem):
    """A match is taken back with a reason: whoever looks at its line next reads it."""


class Overtaken(Problem):
    """What would be matched has been settled in another way meanwhile."""

    status = 409


@dataclass(frozen=True)
class Ours:
    """One of our movements behind an expected id."""

    kind: str
    row: Leg | Deposit | Payout

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.row.pk}"


def ours_of(expected: Sequence[str]) -> list[Ours]:
    """The movements behind `leg/7`, `deposit/3`, `payout/9`, locked."""
    found: list[Ours] = []
    for name in expected:
        kind, _, pk = name.partition("/")
        if kind == "leg":
            rows = Leg.objects.select_for_update(of=("self",)).select_related("withdrawal")
            found.append(Ours(kind, rows.get(pk=pk)))
        elif kind == "deposit":
            deposits = Deposit.objects.select_for_update(of=("self",))
            related = deposits.select_related("provider", "client", "method")
            found.append(Ours(kind, related.get(pk=pk)))
        else:
            found.append(Ours(kind, Payout.objects.select_for_update().get(pk=pk)))
    return found


def propose(act: Act, account: BankAccount, found: Found, lines: list[StatementLine]) -> Match:
    """Keep a match that a person has to confirm."""
    match = _kept(act, account, found.rule, lines, list(found.expected), found.variance,
                  found.reason, Match.Status.PROPOSED)  # fmt: skip
    act.record(MatchProposed(match.pk, match.rule), about=match)
    return match


def settle(
    act: Act, account: BankAccount, found: Found, lines: list[StatementLine], decision: int | None
) -> Match:
    """Keep a match that is sure, and book it."""
    match = _kept(act, account, found.rule, lines, list(found.expected), found.variance,
                  found.reason, Match.Status.CONFIRMED, decision)  # fmt: skip
    book(act, match, lines)
    return match


def _kept(
    act: Act, account: BankAccount, rule: str, lines: list[StatementLine], ours: list[str],
    variance: Money | None, reason: str, status: str, decision: int | None = None,
) -> Match:  # fmt: skip
    match = Match.objects.create(
        account=account, rule=str(rule), ours=ours, reason=reason, made_at=act.at, status=status,
        variance=None if variance is None else variance.amount, decision=decision,
    )  # fmt: skip
    match.lines.set(lines)
    return match


def book(act: Act, match: Match, lines: list[StatementLine]) -> None:
    """Post what a match means, tell payments, and close the breaks of its lines."""
    account, ours = match.account, ours_of(match.ours)
    moves = _moves(account, ours, lines)
    match.entry = post(
        act, f"{match} on {account}", *moves, key=f"match/{match.pk}", kind="reconciliation",
        entity_id=account.entity_id,
    )  # fmt: skip
    total = sum((line.money for line in lines), Money.zero(account.currency))
    match.paid = [one.name for one in ours if _tell(act, one, total)]
    match.save(update_fields=["entry", "paid"])
    StatementLine.objects.filter(pk__in=[line.pk for line in lines]).update(status=Line.MATCHED)
    for line in lines:
        close_break(act, f"line/{line.pk}", f"Matched by {match.rule}")
    for name in match.ours:
        close_break(act, name, "It is on the statement now")
    act.record(LinesMatched(match.pk, match.rule, total), about=match)


def _moves(account: BankAccount, ours: list[Ours], lines: list[StatementLine]) -> list[Move]:
    """Between the bank (or where the line was parked) and what our side of it is."""
    first, moves = ours[0], []
    counter, extra = chart.bank_in_transit(), Money.zero(account.currency)
    if isinstance(first.row, Deposit):
        counter = chart.provider_clearing(first.row.provider.slug)
    elif isinstance(first.row, Payout):
        counter = chart.provider_clearing(first.row.provider)
    else:
        sent = sum((one.row.money for one in ours), extra)
        taken = sum((-line.money for line in lines), extra)
        extra = max(taken - sent, extra)
    for line in lines:
        parked = chart.unallocated() if line.unallocated_entry else account.chart
        if line.money.amount > 0:
            moves.append(Move(line.money, source=parked, target=counter))
            continue
        charge = min(extra, -line.money)
        extra -= charge
        if charge:
            fees = chart.provider_fees(account.provider)
            moves.append(Move(charge, source=fees, target=account.chart))
        if -line.money != charge:
            moves.append(Move(-line.money - charge, source=counter, target=account.chart))
    moves += [_fee(one.row) for one in ours if isinstance(one.row, Payout) and one.row.fee]
    return moves


def _fee(payout: Payout) -> Move:
    fees, clearing = (
        chart.provider_fees(payout.provider),
        chart.provider_clearing(payout.provider),
    )
    if payout.fees.amount > 0:
        return Move(payout.fees, source=fees, target=clearing)
    return Move(-payout.fees, source=clearing, target=fees)


def _tell(act: Act, one: Ours, total: Money) -> bool:
    """Tell payments what arrived. Whether a payment is paid by this, and was not before."""
    row = one.row
    if isinstance(row, Leg):
        if row.status == Leg.Status.SENT:
            payments.leg_paid(act, row.withdrawal, number=row.number)
            return True
    elif isinstance(row, Deposit):
        if row.settled_at is not None:
            raise Overtaken(f"{row} is settled already.")
        payments.settle_deposit(act, row, received=total)
    else:
        row.arrived_at = act.at
        row.save(update_fields=["arrived_at"])
    return False


def _free(match: Match) -> list[StatementLine]:
    lines = list(match.lines.select_for_update(of=("self",)).order_by("pk"))
    taken = [line for line in lines if line.status in (Line.MATCHED, Line.EXPLAINED)]
    if taken:
        raise Overtaken("A line of it has been matched or explained meanwhile.")
    return lines


@operation(title="Confirm", icon="check")
def confirm_match(act: Act, match: Match, *, note: str = "") -> Match:
    """Say that these belong together. It is booked at once; a difference stays visible."""
    match.move_to(Match.Status.CONFIRMED, note=whole(note, "note"))
    book(act, match, _free(match))
    return match


@operation(title="Refuse", icon="x", tone="refuse")
def refuse_match(act: Act, match: Match, *, reason: str) -> Match:
    """Say that these do not belong together. They are not proposed again."""
    match.move_to(Match.Status.REFUSED, note=whole(reason))
    act.record(MatchRefused(match.pk, whole(reason)), about=match)
    return match


@operation(title="Undo", icon="arrow-back-up", tone="refuse")
def undo_match(act: Act, match: Match, *, reason: str) -> Match:
    """Take a match back. Its entry is reversed, its lines are breaks for a person, and a payment
    that was paid because of it waits for its line again.
    """
    if not reason.strip():
        raise ReasonNeeded("Say why these do not belong together.", field="reason")
    match.move_to(Match.Status.UNDONE, undone_at=act.at, note=whole(reason))
    if match.entry is not None:
        reverse(act, Entry.objects.get(pk=match.entry), why=f"{match} undone")
    for line in match.lines.select_for_update(of=("self",)).order_by("pk"):
        line.by_hand = True
        line.save(update_fields=["by_hand"])
        park(act, match.account, line, f"{match} was undone: {reason[:120]}")
    for one in ours_of(match.ours):
        if isinstance(one.row, Payout):
            one.row.arrived_at = None
            one.row.save(update_fields=["arrived_at"])
        elif isinstance(one.row, Leg) and one.name in match.paid:
            _reopen(act, one.row, f"{match} was undone: {reason[:120]}")
    act.record(MatchUndone(match.pk, whole(reason)), about=match)
    return match


def _reopen(act: Act, leg: Leg, reason: str) -> None:
    """One that came back meanwhile is open elsewhere: a person decides there where it goes."""
    if leg.status == Leg.Status.PAID:
        payments.reopen_leg(act, leg.withdrawal, number=leg.number, reason=reason)


def park(act: Act, account: BankAccount, line: StatementLine, cause: str, kind: str = "") -> Break:
    """A line without an owner: a credit is client money unallocated, and a break says so."""
    incoming = line.money.amount > 0
    if incoming and not line.unallocated_entry:
        line.unallocated_entry = post(
            act, f"Unknown receipt on {account}",
            Move(line.money, source=account.chart, target=chart.unallocated()),
            key=f"line/{line.pk}/unallocated", kind="reconciliation", entity_id=account.entity_id,
        )  # fmt: skip
    line.status = Line.BROKEN
    line.save(update_fields=["status", "unallocated_entry"])
    proposal = None if incoming else {"entry": "bank_charge"}
    return open_break(
        act, kind or (Break.Kind.CREDIT if incoming else Break.Kind.DEBIT),
        key=f"line/{line.pk}", money=line.money, cause=cause, entity_id=account.entity_id,
        account=account, line=line, file=line.file, proposal=proposal,
    )  # fmt: skip


def _by_hand(act: Act, found: Break, name: str) -> Match:
    line, account = found.line, found.account
    if found.status != Break.Status.OPEN or line is None or account is None:
        raise WrongState(f"{found} is not an open line of a statement.")
    reason = "Matched by hand."
    match = _kept(act, account, "by hand", [line], [name], None, reason, Match.Status.CONFIRMED)
    book(act, match, [line])
    return match


@operation(title="Allocate", icon="arrow-down-left")
def allocate_receipt(act: Act, found: Break, *, deposit: Deposit) -> Match:
    """Say which deposit this money is. Another amount than announced waits for a person there."""
    line = found.line
    if line is None or line.money.amount <= 0:
        raise NotForThis("Only money that came in can be allocated.")
    if deposit.currency != line.currency or found.account is None:
        raise NotForThis(f"The money is in {line.currency}.", field="deposit")
    if deposit.provider.slug != found.account.provider:
        raise NotForThis(f"{deposit} does not come by this bank.", field="deposit")
    return _by_hand(act, found, f"deposit/{deposit.pk}")


@operation(title="It is this payment", icon="arrow-up-right")
def match_payment(act: Act, found: Break, *, withdrawal: Withdrawal) -> Match:
    """Say which withdrawal this payment is."""
    line = found.line
    if line is None or line.money.amount >= 0:
        raise NotForThis("Only money that went out is a payment.")
    sent = (Leg.Status.SENT, Leg.Status.PAID)
    legs = withdrawal.legs.filter(status__in=sent, deposit=None, currency=line.currency)
    leg = next((one for one in legs if one.money == -line.money), None)
    if leg is None:
        raise NotForThis(f"No bank payment of {withdrawal} is {-line.money}.", field="withdrawal")
    if _is_taken(leg):
        raise NotForThis(f"{withdrawal} is on a statement already.", field="withdrawal")
    return _by_hand(act, found, f"leg/{leg.pk}")


def _is_taken(leg: Leg) -> bool:
    return Match.objects.filter(
        status=Match.Status.CONFIRMED, ours__contains=[f"leg/{leg.pk}"]
    ).exists()
