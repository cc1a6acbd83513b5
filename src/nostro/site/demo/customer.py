"""One client of the demo, from the e-mail code to the withdrawal, as they come to do it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any, Literal

from schwifty import IBAN

from nostro.compliance import operations as compliance
from nostro.compliance.models import Application
from nostro.compliance.queries.papers import current_texts
from nostro.core.acts import Act, now
from nostro.core.files import Upload
from nostro.kit.money import Money
from nostro.payments import operations as payments
from nostro.payments import reactions
from nostro.payments.models import Deposit, Destination, Method, Withdrawal
from nostro.payments.operations.deposits import OverLimit
from nostro.payments.queries import withdrawable
from nostro.people import operations as people
from nostro.people.countries import ALPHA3
from nostro.people.models import Client
from nostro.site.demo import house, specimens
from nostro.site.demo.drawing import drawn
from nostro.site.demo.firm import as_client
from nostro.site.demo.names import Person
from nostro.trading.models import TradingAccount

if TYPE_CHECKING:
    from nostro.site.demo.story import Story

LATE = timedelta(hours=6)
GOOD_CARDS, DECLINED_CARD = ("4242424242424242", "5555555555554444"), "4000000000000002"


SECOND = {"anna": "stavros", "dimitra": "marios"}
"""Who gives the second approval, after whom."""


class Customer:
    """Does the next thing, and puts the one after it on the agenda."""

    def __init__(
        self, story: "Story", client: Client, one: Person, random: Random, *, guest: bool
    ) -> None:
        self.story, self.client, self.one, self.guest = story, client, one, guest
        self.random = random
        self.wealth = self.random.lognormvariate(6.6, 1.0)
        self.flaw = "" if guest else self._flaw()
        self.holder = self._holder()
        days = 190 if self.flaw == "bill" else self.random.randint(5, 60)
        self.issued = now().date() - timedelta(days=days)
        self.bill = f"{one.first_name} {one.last_name}", [one.address, "Utopolis"]
        self.papers = story.artist.submit(drawn, self.holder, *self.bill, self.issued)

    def _flaw(self) -> str:
        # Who came in these hours is still to be looked at: officers find a queue.
        late = now() > self.story.end - LATE
        drawn = self.random.random() * (0.3 if late else 1)
        for share, flaw in (
            (0.05, "name"), (0.08, "pep"), (0.11, "expired"), (0.17, "unsuited"), (0.19, "bill"),
        ):  # fmt: skip
            if drawn < share:
                return flaw
        return ""

    def _holder(self) -> specimens.Holder:
        """What the passport says; an expired one ran out before the day it is sent."""
        one = self.one
        expiry = now().date() - timedelta(days=20) if self.flaw == "expired" else one.expiry_date
        return specimens.Holder(
            one.last_name.upper(), one.first_name.upper(), one.birth_date,
            "M" if one.sex == "M" else "F", ALPHA3[one.country], one.document_number,
            date(expiry.year - 10, expiry.month, min(expiry.day, 28)), expiry,
            issuer=ALPHA3[one.country],
        )  # fmt: skip

    def act(self, door: str = "trader") -> Act:
        return as_client(self.client, door)

    def on(self, at: datetime, happen: Callable[[], None]) -> None:
        """Do this then, once everything before it has had its consequences."""
        self.story.on(at, happen, self.client)

    def later(self, low_minutes: float, high_minutes: float, happen: Callable[[], None]) -> None:
        minutes = self.random.uniform(low_minutes, high_minutes)
        self.on(now() + timedelta(minutes=minutes), happen)

    def some_evening(self, low_days: float, high_days: float, happen: Callable[[], None]) -> None:
        """After work on a working day: when people see to their money."""
        day = now() + timedelta(days=self.random.uniform(low_days, high_days))
        day += timedelta(days=8 - day.isoweekday() if day.isoweekday() > 5 else 0)
        at = day.replace(hour=17, minute=0) + timedelta(minutes=self.random.uniform(0, 60))
        self.on(max(at, now() + timedelta(minutes=45)), happen)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def goes_on(self, share: float) -> bool:
        return self.guest or self.chance(share)

    # ── Opening ──

    def confirm_soon(self) -> None:
        if self.goes_on(0.94):
            self.later(1, 8, self.confirm)

    def confirm(self) -> None:
        code = people.send_email_code(Act.system(door="demo"), self.client)
        people.confirm_email(self.act(), self.client, code=code)
        if self.goes_on(0.82):
            self.later(2, 60, self.apply)

    def apply(self) -> None:
        application = Application.objects.get(client=self.client)
        surname = self.one.last_name[:-1] + "son" if self.flaw == "name" else self.one.last_name
        for step, answers in self._answers(surname).items():
            compliance.save_answers(self.act(), application, step=step, answers=answers)
        for text in current_texts(application.entity_id):
            compliance.accept_agreement(self.act(), application, text=text, sha256=text.sha256)
        if self.goes_on(0.9):
            self.later(3, 90, self.send_documents)

    def _answers(self, surname: str) -> dict[str, dict[str, Any]]:
        one = self.one
        knows = self.flaw != "unsuited"
        return {
            "identity": {
                "first_name": one.first_name, "last_name": surname, "phone": one.phone,
                "birth_date": one.birth_date.isoformat(), "nationality": one.country,
                "document_number": one.document_number,
            },
            "address": {
                "street": one.address, "city": "Utopolis", "tax_country": one.country,
                "postcode": str(self.random.randint(1000, 9999)),
            },
            "experience": {
                "employment": "employed", "employer": "Utopia Works",
                "income": self.random.choice(["under_25", "under_100", "under_100", "under_500"]),
                "source_of_funds": self.random.choice(["salary", "salary", "savings", "business"]),
                "pep": "yes" if self.flaw == "pep" else "no",
                **({"pep_office": "Member of a parliament"} if self.flaw == "pep" else {}),
                "trades": "some" if knows else "never", "learned": "demo" if knows else "nowhere",
                "leverage": "600" if knows else "unsure", "margin": "closed", "loss": "part",
            },
        }  # fmt: skip

    def send_documents(self) -> None:
        application = Application.objects.get(client=self.client)
        picture, measures, bill = self.papers.result()
        zone = {"lines": list(specimens.passport_lines(self.holder)), "repaired": []}
        name, lines = self.bill
        texts = [name, *lines, f"Date {self.issued:%d %B %Y}"]
        # The reader takes a second a page, so the past is told what it reads, before it looks.
        with self.story.reactor.still(self.client.pk):
            self._send(
                application, "passport", Upload("passport.jpg", picture), zone=zone,
                measures=measures,
            )  # fmt: skip
            self._send(application, "proof_of_address", Upload("bill.pdf", bill), texts=texts)
        compliance.submit_application(self.act(), application)
        self.later(25, 9 * 60, lambda: self.story.review(self.client, self.random.random()))
        if now() > self.story.end - timedelta(days=2):
            self.later(40, 6 * 60, self.first_deposit)
        else:
            self.some_evening(0.1, 3, self.first_deposit)

    def _send(
        self, application: Application, kind: Literal["passport", "proof_of_address"],
        upload: Upload, *, zone: dict[str, Any] | None = None, texts: list[str] | None = None,
        measures: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        document = compliance.upload_document(self.act(), application, kind=kind, upload=upload)
        compliance.document_read(
            Act.system(door="demo"), document, zone=zone or {}, texts=texts or [],
            measures=measures or {},
        )  # fmt: skip

    # ── Money ──

    def fresh(self) -> Client:
        self.client.refresh_from_db()
        return self.client

    def first_deposit(self) -> None:
        active = self.fresh().status == Client.Status.ACTIVE
        if active and self.client.owner_id is None and self.chance(0.4):
            owner = self.story.cast.staff[self.random.choice(("lena", "sofia"))]
            people.assign_owner(self.story.cast.act("eleni"), self.client, owner=owner)
        if active and self.goes_on(0.8):
            self.deposit()

    def money(self, amount: float) -> Money:
        whole = max(50, round(amount / 10) * 10)
        return Money(Decimal(whole), self.client.base_currency)  # type: ignore[arg-type]

    def deposit(self) -> None:
        """By card, on the provider's page: the client pays there, not with us."""
        if self.fresh().status != Client.Status.ACTIVE:
            return
        self.story.outside.payment_clock(now(), "psp")
        money = self.money(min(self.wealth * self.random.uniform(0.4, 1.6), 40_000))
        card = Method.objects.get(slug="card")
        try:
            made = payments.start_deposit(self.act(), self.client, money=money, method=card)
        except OverLimit:
            return
        self.later(1, 4, lambda: self.pay(made, money))
        if self.goes_on(0.72):
            self.some_evening(12, 60, self.deposit)
        if self.goes_on(0.5):
            self.some_evening(4, 45, self.withdraw)
        if self.chance(0.09):
            # Somebody always waits: the last hours bring more requests than usual.
            ago = timedelta(minutes=self.random.uniform(5, 330))
            self.on(self.story.end - ago, self.withdraw)

    def pay(self, made: Deposit, money: Money) -> None:
        made.refresh_from_db()
        own = GOOD_CARDS[self.client.pk % len(GOOD_CARDS) and not self.guest]
        card = DECLINED_CARD if self.chance(0.06) and not self.guest else own
        save = self.guest or self.client.pk % 3 == 0
        self.story.outside.payment_clock(now(), "psp")
        self.story.outside.control("psp", "pay", session=made.reference, card=card, save=save)
        reactions.ask_about(Act.system(door="demo"), made)
        if Deposit.objects.get(pk=made.pk).status != Deposit.Status.SETTLED:
            self.later(40, 7 * 60, lambda: house.call_back(self.story.cast, self.client))
        elif self.goes_on(0.93):
            self.later(1, 90, lambda: self.transfer(money))

    def account(self) -> TradingAccount | None:
        rows = TradingAccount.objects.select_related("platform", "group")
        rows = rows.filter(client=self.client, practice=False)
        return rows.filter(status=TradingAccount.Status.OPEN).first()

    def transfer(self, money: Money) -> None:
        account = self.account()
        if account is None:
            return
        self.story.outside.advance(now())
        part = self.money(float(money.amount) * self.random.uniform(0.5, 0.9))
        payments.request_transfer(self.act(), self.client, account=account, money=part)

    def withdraw(self) -> None:
        """What is left in the wallet, or a part of it, back to where it came from."""
        free = withdrawable(self.fresh()).get(self.client.base_currency)
        if free is None or free.amount < 60:
            return
        self.story.outside.payment_clock(now())
        part = min(self.money(float(free.amount) * self.random.uniform(0.3, 1)), free)
        bank = self._bank() if self.chance(0.4) else None
        made = payments.request_withdrawal(self.act(), self.client, money=part, destination=bank)
        if made.status == Withdrawal.Status.APPROVAL:
            who = "anna" if made.queue == "compliance" else "dimitra"
            self.later(20, 7 * 60, lambda: self._decide(made, who))

    def _bank(self) -> Destination:
        known = Destination.objects.filter(client=self.client).first()
        if known is not None:
            return known
        number = IBAN.generate("DE", bank_code="37040044", account_code=f"{self.client.pk:010d}")
        return payments.add_destination(
            self.act(), self.client, iban=str(number), holder=self.client.name
        )

    def _decide(self, made: Withdrawal, who: str) -> None:
        made.refresh_from_db()
        if not made.can_move_to(Withdrawal.Status.APPROVED):
            return
        self.story.outside.payment_clock(now())
        colleague = self.story.cast.act(who)
        if who not in SECOND.values() and self.chance(0.05):
            payments.refuse_withdrawal(colleague, made, reason="The card is not in your name.")
            return
        payments.approve_withdrawal(colleague, made)
        made.refresh_from_db()
        if made.status == Withdrawal.Status.SECOND:
            self.later(15, 4 * 60, lambda: self._decide(made, SECOND[who]))
