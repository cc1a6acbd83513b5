"""Bank accounts and their statements: read, proved, matched line by line."""

import hashlib
from dataclasses import replace
from decimal import Decimal

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from nostro.core.acts import Act
from nostro.core.files import Upload, store
from nostro.core.operations import operation
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.ledger.queries import balance
from nostro.payments.models import Deposit, Leg
from nostro.people.models import LegalEntity
from nostro.reconciliation.decisions import MATCHING, RECEIPTS, LinesRead, ReceiptArrived
from nostro.reconciliation.events import (
    BankAccountAdded,
    BankTroubled,
    OpeningFound,
    StatementFlagged,
    StatementRead,
)
from nostro.reconciliation.matching import Found, Policy, match
from nostro.reconciliation.models import (
    BankAccount,
    Break,
    Match,
    StatementFile,
    StatementLine,
    money_of,
)
from nostro.reconciliation.operations.breaks import close_break, open_break
from nostro.reconciliation.operations.matches import park, propose, settle
from nostro.reconciliation.queries.expected import expected_on, payer_is
from nostro.reconciliation.queries.readings import Reading, as_line, reading
from nostro.rules.deciding import decide
from nostro.trading.rates import in_usd

Line = StatementLine.Status


class ReadAlready(Problem):
    """The same file was read before: nothing is read twice."""

    status = 409


class BadAccount(Problem):
    """An account that cannot be ours: a wrong number, or one that is there already."""


@operation(title="Add a bank account", icon="building-bank")
def add_bank_account(
    act: Act, *, provider: str, name: str, iban: str, currency: str, entity: LegalEntity,
    of_clients: bool = True,
) -> BankAccount:  # fmt: skip
    """Add an account whose statements are read. Clients' money and the firm's stay apart."""
    try:
        compact = str(IBAN(iban).compact)
    except SchwiftyException as error:
        raise BadAccount("That is not an IBAN.", field="iban") from error
    if BankAccount.objects.filter(iban=compact, currency=currency).exists():
        raise BadAccount("This account is there already.", field="iban")
    account = BankAccount.objects.create(
        provider=provider, name=name, iban=compact, currency=Money.zero(currency).currency,
        entity=entity, of_clients=of_clients, added_at=act.at,
    )  # fmt: skip
    act.record(BankAccountAdded(account.pk), about=account)
    return account


@operation(internal=True)
def bank_troubled(act: Act, account: BankAccount, *, trouble: str) -> BankAccount:
    """Write down that a bank does not give its statements, or, with nothing, that it does."""
    account.trouble = trouble[:200]
    account.save(update_fields=["trouble"])
    act.record(BankTroubled(trouble[:200] or "answers again"), about=account)
    return account


@operation(title="Read a statement", icon="upload")
def read_statement(act: Act, account: BankAccount, *, raw: Upload) -> StatementFile:
    """Read a bank's file (camt.053, MT940), prove it, and match its lines."""
    digest = hashlib.sha256(raw.content).hexdigest()
    known = StatementFile.objects.filter(account=account, sha256=digest).first()
    if known is not None:
        said_so = f"This file was read before, as {known}. Nothing has changed."
        raise ReadAlready(said_so, field="raw")
    said = reading(account, raw.content)
    file = StatementFile.objects.create(
        account=account, sha256=digest, substance=said.substance, reference=said.reference[:60],
        stored=store(act, raw, client_id=None),
        opening=None if said.opening is None else said.opening.amount,
        closing=None if said.closing is None else said.closing.amount,
        closing_date=said.closing_date, line_count=len(said.lines), proves=said.proves,
        reason=said.reason, read_at=act.at,
    )  # fmt: skip
    fresh = _keep(file, said)
    account.read_at, account.trouble = act.at, ""
    _flag_or_open(act, account, file, said)
    account.save(update_fields=["read_at", "trouble", "opened_with"])
    matched, broken = reconcile(act, account)
    if said.proves:
        _compare(act, account, file)
    act.record(StatementRead(file.pk, fresh, matched, broken), about=file)
    return file


def _keep(file: StatementFile, said: Reading) -> int:
    """Write the lines that are new; a proof that came later frees lines that were held."""
    hashes = [line.content_hash for line in said.lines]
    known = StatementLine.objects.filter(account=file.account, content_hash__in=hashes)
    if said.proves:
        known.filter(status=Line.HELD).update(status=Line.OPEN, file=file)
    seen = set(known.values_list("content_hash", flat=True))
    status = Line.OPEN if said.proves else Line.HELD
    rows = [
        StatementLine(
            file=file, account=file.account, content_hash=line.content_hash,
            booked_date=line.booked_date, value_date=line.value_date, amount=line.money.amount,
            currency=line.money.currency, end_to_end_id=line.end_to_end_id[:140],
            bank_reference=line.bank_reference[:140], other_references=list(line.other_references),
            remittance=line.remittance, counterparty=line.counterparty[:140], iban=line.iban[:34],
            entry=line.entry[:140], status=status,
        )
        for line in said.lines
        if line.content_hash not in seen
    ]  # fmt: skip
    StatementLine.objects.bulk_create(rows)
    return len(rows)


def _flag_or_open(act: Act, account: BankAccount, file: StatementFile, said: Reading) -> None:
    if not said.proves:
        act.record(StatementFlagged(file.pk, said.reason[:200]), about=file)
        open_break(
            act, Break.Kind.STATEMENT, key=f"statement/{account.pk}",
            money=Money.zero(account.currency), cause=said.reason, entity_id=account.entity_id,
            account=account, file=file,
        )  # fmt: skip
        return
    close_break(act, f"statement/{account.pk}", "A statement that proves itself came later")
    if account.opened_with is None and said.opening is not None:
        account.opened_with = said.opening.amount
        act.record(OpeningFound(account.pk, said.opening), about=account)


def reconcile(act: Act, account: BankAccount) -> tuple[int, int]:
    """Match what is open on an account; the lines that were matched, and those in breaks."""
    waiting = [Line.OPEN, Line.HELD, Line.BROKEN]
    rows = StatementLine.objects.filter(account=account, status__in=waiting, by_hand=False)
    lines = {line.content_hash: line for line in rows.select_related("file").order_by("pk")}
    if not lines:
        return 0, 0
    sure = decide(act, MATCHING, LinesRead(bank=account.provider, currency=account.currency),
                  about=account).output  # fmt: skip
    policy = Policy(
        days=int(sure.days), confirm_at=int(sure.confirm_at), propose_at=int(sure.propose_at),
        margin=int(sure.margin),
    )  # fmt: skip
    held = {hash_ for hash_, line in lines.items() if line.status == Line.HELD}
    result = match(
        expected_on(account, at=act.at), map(as_line, lines.values()), unproven=held, policy=policy
    )
    doubtful, matched = list(result.proposed), 0
    for found in result.matched:
        decision, why = _may_credit(act, found, lines)
        if why:
            doubtful.append(replace(found, reason=why))
            continue
        own = [lines[hash_] for hash_ in found.lines]
        settle(act, account, found, own, decision)
        matched += len(own)
    _propose(act, account, doubtful, lines)
    return matched, _break_the_rest(act, account)


def _may_credit(act: Act, found: Found, lines: dict[str, StatementLine]) -> tuple[int | None, str]:
    """Ask the rules of each receipt; the decision, and why a person has to look."""
    kind, _, pk = found.expected[0].partition("/")
    if kind != "deposit":
        return None, ""
    deposit = Deposit.objects.select_related("client").get(pk=pk)
    payers = {payer_is(lines[hash_].counterparty, deposit.client) for hash_ in found.lines}
    payer = "third party" if "third party" in payers else min(payers)
    asked = ReceiptArrived(found_by=str(found.rule), payer=payer, amount=in_usd(deposit.money))
    answer = decide(act, RECEIPTS, asked, about=deposit)
    return answer.id, "" if answer.output.credited_at_once else f"{found.reason} {answer.sentence}"


def _propose(
    act: Act, account: BankAccount, doubtful: list[Found], lines: dict[str, StatementLine]
) -> None:
    """Bring the proposals up to date: what was refused is not asked again."""
    wanted = {
        (frozenset(found.expected), frozenset(lines[one].pk for one in found.lines)): found
        for found in doubtful
    }
    kept = (Match.Status.PROPOSED, Match.Status.REFUSED)
    earlier = Match.objects.filter(account=account, status__in=kept).prefetch_related("lines")
    for one in earlier:
        key = (frozenset(one.ours), frozenset(line.pk for line in one.lines.all()))
        if wanted.pop(key, None) is None and one.status == Match.Status.PROPOSED:
            one.move_to(Match.Status.DROPPED)
    for found in wanted.values():
        propose(act, account, found, [lines[hash_] for hash_ in found.lines])


def _break_the_rest(act: Act, account: BankAccount) -> int:
    """What nothing was found for: credits are unallocated client money, all of it is a break."""
    rest = list(
        StatementLine.objects.filter(account=account, status=Line.OPEN)
        .select_related("file")
        .order_by("pk")
    )
    ids = [line.end_to_end_id for line in rest if line.end_to_end_id and line.money.amount > 0]
    legs = {leg.key: leg for leg in Leg.objects.filter(key__in=ids).select_related("withdrawal")}
    for line in rest:
        leg = legs.get(line.end_to_end_id) if line.money.amount > 0 else None
        if leg is not None:
            park(act, account, line, f"The payment of {leg.withdrawal} came back.", "returned")
        elif line.by_hand:
            park(act, account, line, "A match of it was undone.")
        else:
            park(act, account, line, "Nothing of ours carries its references or is near it.")
    return len(rest)


def _compare(act: Act, account: BankAccount, file: StatementFile) -> None:
    """The ledger beside the bank at the statement's close; what is not booked yet explains it."""
    newest = StatementFile.objects.filter(account=account, proves=True)
    later = file.closing_date and newest.filter(closing_date__gt=file.closing_date).exists()
    if file.closing_money is None or later:
        return
    waiting = StatementLine.objects.filter(
        account=account, status=Line.BROKEN, unallocated_entry=None, amount__lt=0
    )
    unbooked = sum((line.money for line in waiting), Money.zero(account.currency))
    held = StatementLine.objects.filter(account=account, status=Line.HELD)
    opened = money_of(account.opened_with or Decimal(0), account.currency)
    ours = opened - balance(account.chart, account.currency)
    off = file.closing_money - ours - unbooked
    key = f"bank/{account.pk}"
    if not off or held.exists():
        close_break(act, key, "Ledger and bank agree")
        return
    open_break(
        act, Break.Kind.BANK, key=key, money=off, entity_id=account.entity_id, account=account,
        file=file, cause=f"The bank closes at {file.closing_money}, the ledger has {ours}.",
    )  # fmt: skip
