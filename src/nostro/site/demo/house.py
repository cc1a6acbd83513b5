"""What the demo's colleagues do by the calendar: accounts, statements, exchange, the books."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from nostro.core.acts import Act, now
from nostro.core.approvals import agree_to_proposal
from nostro.core.doors import call
from nostro.core.files import Upload
from nostro.core.models import Proposal
from nostro.kit.money import HALF_EVEN, Money
from nostro.kit.problems import Problem
from nostro.ledger import chart
from nostro.ledger import operations as ledger
from nostro.ledger import queries as ledger_queries
from nostro.ledger.models import LedgerAccount
from nostro.ledger.reactions import revalue_yesterday
from nostro.partners import operations as partners
from nostro.partners.models import Statement
from nostro.partners.queries import live_link
from nostro.payments import operations as payments
from nostro.payments.models import ClientTransfer, Provider
from nostro.payments.ports import PROVIDERS
from nostro.payments.queries import withdrawable
from nostro.people.models import Client
from nostro.reconciliation import operations as reconciliation
from nostro.reconciliation.models import BankAccount, Break
from nostro.reconciliation.reactions import fetch_statements, record_new_payouts
from nostro.sales import operations as sales
from nostro.sales.models import Task
from nostro.site.demo import specimens
from nostro.site.demo.firm import Cast, as_client
from nostro.site.demo.outside import ACCOUNTS, FURTHER, Outside
from nostro.trading import operations as trading
from nostro.trading import queries as trades
from nostro.trading.models import Group, TradingAccount

OWNERS = {"EUR": "CY", "GBP": "UK", "USD": "SC"}
TREASURY, SPARE = "Meridian Markets, own funds", 5000


def add_bank_accounts(cast: Cast) -> None:
    """Each firm's accounts of clients' money; wires come to the one that uses a currency most."""
    owned = {(OWNERS[currency], currency): iban for currency, iban in ACCOUNTS.items()}
    for (entity, currency), iban in {**owned, **FURTHER}.items():
        reconciliation.add_bank_account(
            Act.system(door="demo"), provider="aegean", name="Client money", iban=iban,
            currency=currency, entity=cast.entities[entity],
        )  # fmt: skip


def keep_enough(cast: Cast, outside: Outside) -> None:
    """What a firm lacks of its clients' money it pays in from its own, with something to spare."""
    yesterday = now().date() - timedelta(days=1)
    for entity in cast.entities.values():
        with suppress(Problem):  # a firm without clients yet
            reconciliation.reconcile_client_money(cast.act("grace"), entity, day=yesterday)
    for short in Break.objects.filter(kind=Break.Kind.SHORTFALL, status=Break.Status.OPEN):
        account = BankAccount.objects.get(entity=short.entity_id, currency=short.currency)
        whole = (abs(short.amount) // SPARE + 2) * SPARE
        outside.control(
            "bank", "receive", account=account.iban, currency=short.currency,
            amount=f"{whole:.2f}", debtor_name=TREASURY, iban="CY17002001280000001200527600",
            remittance=f"Own money, {short}",
        )  # fmt: skip
    read_statements()
    for paid in Break.objects.filter(kind=Break.Kind.CREDIT, status=Break.Status.OPEN,
                                     line__counterparty=TREASURY):  # fmt: skip
        reconciliation.explain_break(
            cast.act("grace"), paid, cause="Paid in because client money was short",
            entry="own_money",
        )  # fmt: skip


def record_payouts() -> None:
    """What the card provider paid out since the last time."""
    for provider in Provider.objects.filter(kind__in=PROVIDERS.kinds()):
        record_new_payouts(Act.system(door="schedule"), provider)


def call_back(cast: Cast, client: Client) -> None:
    """Somebody calls a client whose payment failed, and writes down what they said."""
    for task in Task.objects.filter(client=client, status=Task.Status.OPEN):
        sales.finish_task(cast.act("lena"), task, outcome="Will try again with another card.")


def set_tasks(cast: Cast) -> None:
    """What colleagues mean to do about some clients, today and tomorrow."""
    waiting = Client.objects.filter(
        status=Client.Status.REGISTERED, registered_at__gte=now() - timedelta(days=60)
    )
    for number, client in enumerate(waiting.order_by("-registered_at")[:4]):
        sales.set_task(
            cast.act("lena"), client, how=Task.How.CALL, owner=cast.staff["lena"],
            text="Ask whether the documents can be helped with",
            until=now() + timedelta(hours=3 + 5 * number),
        )  # fmt: skip
    rich = LedgerAccount.objects.filter(path__endswith="/wallet", client_id__isnull=False)
    for wallet in rich.order_by("-balance__credits")[:2]:
        sales.set_task(
            cast.act("sofia"), Client.objects.get(pk=wallet.client_id or 0), how=Task.How.WRITE,
            text="Ask how the new platform suits them", owner=cast.staff["sofia"],
            until=now() + timedelta(days=2),
        )  # fmt: skip


def receive_strangers_money(outside: Outside) -> None:
    """A wire of today that nobody announced: a break that somebody has to look into."""
    outside.control(
        "bank", "receive", account=ACCOUNTS["EUR"], currency="EUR", amount="640.00",
        debtor_name="Nordlicht Handel GmbH", iban="DE89370400440532013000",
        remittance="Rechnung 2211",
    )  # fmt: skip


def read_statements() -> None:
    """What the bank has booked since the last statement, matched with what was expected."""
    fetch_statements(Act.system(door="schedule"))


def open_accounts(cast: Cast) -> None:
    """Accounts that the rules left to a person: opened with little leverage."""
    for account in TradingAccount.objects.filter(status=TradingAccount.Status.REQUESTED):
        group = Group.objects.filter(
            entity_id=account.entity_id,
            currency=account.currency,
            account_type="standard",
            practice=False,
        ).first()
        if group is not None:
            trading.approve_account(cast.act("eleni"), account, group=group, leverage=20)


def pay_partners(cast: Cast) -> None:
    """What was closed is approved, some of it held, and paid to those who said where."""
    due = [Statement.Status.CLOSED, Statement.Status.APPROVED]
    waiting = Statement.objects.filter(status__in=due).select_related("partner")
    for statement in waiting.exclude(partner__bank_label="").order_by("pk"):
        if statement.status == Statement.Status.CLOSED:
            if statement.pk % 9 == 0:
                partners.hold_statement(
                    cast.act("sofia"), statement, reason="Two of the clients share a device."
                )
                continue
            partners.approve_statement(cast.act("sofia"), statement)
        partners.pay_out(cast.act("grace"), statement)


def release_held(cast: Cast) -> None:
    """What was held has been looked into, and is paid."""
    held = Statement.objects.filter(status=Statement.Status.HELD).select_related("partner")
    for statement in held.order_by("pk"):
        partners.approve_statement(cast.act("sofia"), statement)
        partners.pay_out(cast.act("grace"), statement)


def follow_link(code: str, times: int) -> None:
    """Some look where a partner's link leads, and few of them register."""
    link = live_link(code)
    if link is None:
        return
    for _ in range(times):
        partners.record_click(Act.system(door="public"), link)


def exchange_some(cast: Cast, random: Random) -> None:
    """A client wants another currency: quoted with its spread, and exchanged at once."""
    rates = ledger_queries.house_rates(now())
    active = Client.objects.filter(status=Client.Status.ACTIVE).order_by("pk")
    if rates is None or not active.exists():
        return
    client = active[random.randrange(active.count())] if random.random() < 0.7 else active[0]
    path = chart.client_wallet(client.pk).path
    free = ledger_queries.balances([path]).get(path, {})
    sells, there = max(free.items(), key=lambda one: one[1].amount, default=("", None))
    buys = "USD" if sells != "USD" else "EUR"
    worth = [Decimal(1) if code == "USD" else rates.mids.get(code) for code in (sells, buys)]
    if there is None or there.amount < 100 or worth[0] is None or worth[1] is None:
        return
    part = Decimal(random.choice((10, 20, 25))) / 100
    money = Money.rounded(there.amount * part, sells, HALF_EVEN)
    act = as_client(client)
    try:
        quote = payments.ask_rate(act, client, money=money, buys=buys)
    except Problem:  # too much for a client alone, or not verified far enough
        return
    payments.exchange_money(act, client, quote=quote, money=money)


def send_some(cast: Cast, random: Random, *, waits: bool) -> None:
    """A client sends money to another one of the same firm, and a colleague looks at it."""
    funded = LedgerAccount.objects.filter(path__endswith="/wallet", balance__credits__gt=0)
    givers = Client.objects.filter(status=Client.Status.ACTIVE, level=2).order_by("pk")
    givers = givers.filter(pk__in=funded.values("client_id")).select_related("entity")
    found = list(givers[:40])
    if not found:
        return
    client = random.choice(found)
    others = Client.objects.filter(entity=client.entity_id, status=Client.Status.ACTIVE, level=2)
    newest = "-pk" if waits else "pk"
    other = others.exclude(pk=client.pk).order_by(newest).first()
    free = withdrawable(client).get(client.base_currency)
    if other is None or free is None or free.amount < 20:
        return
    money = Money.rounded(min(free.amount / 4, Decimal(250)), client.base_currency, HALF_EVEN)
    made = payments.send_to_client(
        as_client(client), client, number=other.number, email=other.email, money=money
    )
    if made.status == ClientTransfer.Status.APPROVAL and not waits:
        payments.approve_client_transfer(cast.act("dimitra"), made)


def wish_some() -> None:
    """A client who would trade without swaps and one who wants more leverage: both wait."""
    rows = TradingAccount.objects.filter(
        status=TradingAccount.Status.OPEN, practice=False, group__swap_free=False
    ).order_by("-pk")
    account = rows.exclude(entity__code="UK").filter(account_type="standard").first()
    if account is not None:
        trading.ask_swap_free(
            as_client(account.client), account, days=30, reason="My faith takes no interest."
        )
    cap, licence = trades.caps(), trades.ceilings()
    others = rows.exclude(client__risk="high").select_related("client", "entity", "platform")
    wanted = (one for one in others[:300] if licence(one) > max(cap(one, ""), one.leverage or 0))
    if (other := next(wanted, None)) is not None:
        trading.ask_leverage(
            as_client(other.client), other, leverage=licence(other),
            reason="I hedge what I hold elsewhere.",
        )  # fmt: skip


def hold_some(cast: Cast) -> None:
    """A receipt that a bank asks about: set aside until the bank has answered."""
    rows = LedgerAccount.objects.filter(path__endswith="/wallet", balance__credits__gt=0)
    for wallet in rows.order_by("-balance__credits")[:2]:
        target = LedgerAccount.objects.filter(
            path__startswith="provider/", path__endswith="/clearing", asset=wallet.asset_id
        ).first()
        there = ledger_queries.balances([wallet.path])[wallet.path][wallet.asset_id]
        if target is not None and there.amount > 50:
            part = Money.rounded(there.amount / 10, wallet.asset_id, HALF_EVEN)
            asked = call(
                cast.act("grace"), ledger.hold_money, wallet,
                {
                    "money": f"{part.amount} {part.currency}", "to": target.pk,
                    "reason": "The bank asks where it came from",
                    "expires_at": (now() + timedelta(days=3)).isoformat(),
                },
            )  # fmt: skip
            if isinstance(asked, Proposal):
                agree_to_proposal(cast.act("jonas"), asked, note="The bank's letter is with us.")


def lend_some(cast: Cast) -> None:
    """A little credit for a few clients of the firm whose licence allows it."""
    rows = TradingAccount.objects.filter(
        entity__code="SC", status=TradingAccount.Status.OPEN, practice=False, login__isnull=False
    ).select_related("client")
    for number, account in enumerate(rows.order_by("pk")[:4]):
        money = Money(Decimal(50 + 25 * number), account.currency)  # type: ignore[arg-type]
        with suppress(Problem):
            trading.give_credit(
                cast.act("eleni"), account, money=money, days=30 + 30 * number,
                reason="A loyal client",
            )  # fmt: skip


def revalue() -> None:
    """What the schedule does each night, on the days that the story stops at."""
    revalue_yesterday(Act.system(door="schedule"))


def close_books(cast: Cast, day: date) -> None:
    """Proposed by one, agreed to by another: the month's books are closed."""
    proposal = call(
        cast.act("jonas"), ledger.close_period, None,
        {"through": str(day), "note": "Differences are named in the breaks of reconciliation."},
    )  # fmt: skip
    if isinstance(proposal, Proposal):
        agree_to_proposal(cast.act("grace"), proposal, note="Reviewed with the bank statements.")


def propose_adjustment(cast: Cast) -> None:
    """Much money is set right by hand: one colleague has agreed, another one is waited for."""
    wallet = (
        LedgerAccount.objects.filter(path__startswith="client/", path__endswith="/wallet")
        .order_by("pk")
        .first()
    )
    if wallet is None:
        return
    money = Money.of(f"1450.00 {wallet.asset_id}")
    paper = specimens.letter(
        "Aegean Bank, Payments",
        [
            f"{now():%d %B %Y}",
            f"Your customer C-{wallet.client_id}",
            f"A transfer of {money} of last week was returned to the",
            "sender by mistake of ours and has been sent to you again",
            "under our own reference AEG-20431-R.",
            "Please credit your customer with the value date of the first.",
        ],
    )
    proposal = ledger.propose_adjustment(
        cast.act("jonas"), wallet, money=money, way="to the account",
        reason="The bank sent the returned transfer again, under a reference of its own.",
        file=Upload("letter.png", paper),
    )  # fmt: skip
    agree_to_proposal(cast.act("grace"), proposal, note="The statement shows AEG-20431-R.")
