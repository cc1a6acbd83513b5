"""Six months, told in order: who registered, what they sent, paid, traded and asked back, and
who in the house decided it. One agenda of moments; each happens with all clocks at that moment.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from random import Random

from schwifty import IBAN

from nostro.compliance import operations as compliance
from nostro.compliance.models import Application
from nostro.core.acts import Act, clock_at, now
from nostro.kit.problems import Problem
from nostro.kit.vendors import VendorTrouble
from nostro.ledger.reactions import seal_what_is_proved, verify_ledger
from nostro.partners import operations as partners
from nostro.partners.models import Partner
from nostro.partners.reactions import close_last_month
from nostro.people.models import Client
from nostro.site.demo import firm, house
from nostro.site.demo.customer import Customer
from nostro.site.demo.names import Person, person
from nostro.site.demo.outside import PLATFORM, Outside
from nostro.site.demo.reacting import Reactor
from nostro.trading.models import Platform
from nostro.trading.sync import Follower

log = logging.getLogger("nostro.demo")
SHARES = [("CY", 0.5), ("UK", 0.2), ("SC", 0.3)]
TOGETHER = 5
"""So many register in the hour after a partner's webinar."""
AHEAD, SOON = 40, timedelta(hours=12)
"""While what a client did has consequences, the story goes on with one of so many others who do
something so soon after it.
"""
LOOKED = timedelta(days=14)
"""So often, and before months are closed, deals are read, statements fetched, and finance looks
after its things.
"""
COMPANIES = (
    "Alpenkurs Media", "Harbour Signals", "Iberia Trading School", "Polaris Partners",
    "Kestrel Introducing", "Southern Cross FX", "Lagos Market Club", "Baltic Brokers Network",
    "Delta Academy", "Monsoon Capital Circle",
)  # fmt: skip


LISTED = (("Mirabel", "Thornquist"), ("Octavian", "Plumbar"), ("Karim", "Al Fantawi"))
"""Names that our list has, or nearly."""


@dataclass(frozen=True, order=True, slots=True)
class Moment:
    """When something happens, in which order, what, and to which client, where it is to one: the
    others wait for what is of the house.
    """

    at: datetime
    order: int
    happen: Callable[[], None] = field(compare=False)
    client: int | None = field(compare=False)


class Story:
    """Tells it once. The same seed tells the same of everybody, whoever comes first: each client
    draws for themselves. Which login a platform gives first, and so who trades how, is as it comes.
    """

    def __init__(self, outside: Outside, random: Random, *, start: datetime, clients: int) -> None:
        self.outside, self.random, self.start, self.clients = outside, random, start, clients
        self.cast = firm.Cast()
        self.end = now_outside()
        self.agenda: list[Moment] = []
        self._order = count()
        self.finance = Random(self.clients)
        self.seed = random.getrandbits(32)
        self.partners: list[Partner] = []
        self.artist = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        self.follower = Follower(Platform.objects.get(slug=PLATFORM))
        self.reactor = Reactor()

    def tell(self) -> None:
        """From the first partner to this minute."""
        with clock_at(self.start):
            self.reactor.start()
            self.settle()
            compliance.load_list(Act.system(door="demo"), path=LIST)
            house.add_bank_accounts(self.cast)
            self._recruit()
            self.settle()
        self._plan_registrations()
        self._plan_house()
        while self.agenda and self.agenda[0].at < self.end:
            self._happen(*self._next())
        with clock_at(self.end):
            self.outside.payment_clock(self.end)
            self.outside.advance(self.end)
            house.keep_enough(self.cast, self.outside)
            house.receive_strangers_money(self.outside)
            self._follow()
            house.propose_adjustment(self.cast)
            house.set_tasks(self.cast)
        self.reactor.end()
        self.artist.shutdown()
        with clock_at(self.end):
            verify_ledger(Act.system(door="schedule"))
            seal_what_is_proved(Act.system(door="schedule"))

    def settle(self) -> None:
        """Wait until all that follows has happened."""
        self.reactor.settle()

    def on(self, at: datetime, happen: Callable[[], None], client: Client | None = None) -> None:
        """Put something on the agenda; what lies in the future never happens."""
        about = client.pk if client else None
        heappush(self.agenda, Moment(at, next(self._order), happen, about))

    def later(self, low_minutes: float, high_minutes: float, happen: Callable[[], None]) -> None:
        minutes = self.random.uniform(low_minutes, high_minutes)
        self.on(now() + timedelta(minutes=minutes), happen)

    def _next(self) -> tuple[Moment, bool]:
        """What comes next, or soon after it where its client's last step goes on still; and whether
        something is left to wait for.
        """
        first = self.agenda[0]
        busy = self.reactor.busy() if first.client and first.client > 0 else frozenset[int]()
        passed: list[Moment] = []
        while self.agenda and len(passed) < AHEAD:
            one = self.agenda[0]
            if (one.client is None and passed) or one.at > min(first.at + SOON, self.end):
                break
            passed.append(heappop(self.agenda))
            if one.client not in busy:
                break
        chosen = passed.pop() if passed[-1].client not in busy else passed.pop(0)
        for one in passed:
            heappush(self.agenda, one)
        return chosen, chosen.client in busy

    def _happen(self, moment: Moment, waits: bool) -> None:
        with clock_at(moment.at):
            try:
                if waits:
                    self.reactor.settle(moment.client)
                moment.happen()
            except (Problem, VendorTrouble) as refusal:
                # A client who was refused: that too is a brokerage's day.
                log.debug("%s: %s", type(refusal).__name__, refusal)
        self.reactor.tell()

    # ── Partners ──

    def _recruit(self) -> None:
        act = self.cast.act("sofia")
        wanted = max(5, self.clients // 8)
        for number in range(wanted):
            one = person(self.random, _entity(self.random), 900 + number)
            first = number == 0
            name = COMPANIES[number] if number < len(COMPANIES) else one.last_name + " Introducing"
            parent = (
                self.random.choice(self.partners[:12])
                if number > 2 and self.random.random() < 0.5
                else None
            )
            self.partners.append(
                partners.add_partner(
                    Act.system(door="demo") if first else act, name=name, code=f"P{501 + number}",
                    email=firm.GUESTS[1][0] if first else f"partner{number}@example.com",
                    entity=self.cast.entities["CY" if first else "SC"], parent=parent,
                    payout_currency="USD", password=firm.PASSWORD,
                )
            )  # fmt: skip
            # Three of forty have not said yet where they are paid: somebody has to ask them.
            if number % 13 != 12:
                partners.set_payout_account(act, self.partners[-1], iban=_iban(number))
        if wanted > 4:
            for child in self.partners[1:3]:
                partners.move_partner(Act.system(door="demo"), child, parent=self.partners[0])

    # ── Clients ──

    def _plan_registrations(self) -> None:
        """More of them as time goes on, by evening, and a handful on the last day."""
        span = (self.end - self.start).total_seconds()
        evening = self.start
        for number in range(self.clients):
            if number % TOGETHER == 1:
                evening = self.start + timedelta(seconds=span * self.random.random() ** 0.8)
            at = evening + timedelta(minutes=self.random.uniform(0, 40))
            if number == 0:
                at = self.start + timedelta(hours=34)
            elif number > self.clients * 0.9:
                at = self.end - timedelta(minutes=self.random.uniform(10, 26 * 60))
            # Who is new waits for nobody: a number that no client has.
            register = self._registration(number)
            heappush(self.agenda, Moment(at, next(self._order), register, ~number))

    def _registration(self, number: int) -> Callable[[], None]:
        random = Random(f"{self.seed}/{number}")

        def register() -> None:
            guest = number == 0
            entity = "CY" if guest else _entity(random)
            one = lotte() if guest else person(random, entity, number)
            if number % 41 == 11:  # who is called like somebody on a list
                first, last = LISTED[number // 41 % len(LISTED)]
                one = replace(one, first_name=first, last_name=last)
            code = self.partners[0].code if guest else self._referral(random)
            slug = "northgate" if entity == "SC" and random.random() < 0.4 else "meridian"
            if code:
                house.follow_link(code, times=1 + random.randrange(4))
            client = compliance.register(
                Act.system(door="public"), brand=self.cast.brands[slug], email=one.email,
                password=firm.PASSWORD, first_name=one.first_name, last_name=one.last_name,
                country=one.country, referral_code=code,
            )  # fmt: skip
            if client is not None:
                Customer(self, client, one, random, guest=guest).confirm_soon()

        return register

    def _referral(self, random: Random) -> str:
        if not self.partners or random.random() >= 0.55:
            return ""
        place = min(int(random.expovariate(0.18)), len(self.partners) - 1)
        return self.partners[place].code

    def review(self, client: Client, drawn: float) -> None:
        """What an officer does with a flagged application."""
        application = Application.objects.filter(client=client).first()
        if application is None or application.status != Application.Status.REVIEW:
            return
        officer = self.cast.act("priya" if client.entity.code == "UK" else "anna")
        if drawn < 0.78:
            compliance.approve_application(officer, application, note="Evidence is sufficient.")
        elif drawn < 0.9:
            compliance.refuse_application(officer, application, note="Outside our risk appetite.")
        else:
            compliance.ask_for_more(
                officer, application, words="Please send a bill that shows your street.",
                steps=["documents"],
            )  # fmt: skip

    # ── The house ──

    def _plan_house(self) -> None:
        """What happens by the calendar: deals are read, accounts opened, months closed."""
        day = self.start + timedelta(days=7)
        while day < self.end:
            if day.day <= 7 or (day - self.start) % LOOKED < timedelta(days=7):
                self.on(day, self._follow)
            self.on(day + timedelta(hours=9), self._open_accounts)
            if day.day <= 7:
                self.on(day + timedelta(hours=3), self._close_month)
                self.on(day + timedelta(hours=9), self._keep_enough)
            day += timedelta(days=7)
        self.on(self.end - timedelta(days=2), self._keep_enough)

    def _keep_enough(self) -> None:
        self.settle()
        self.outside.payment_clock(now())  # what was paid out until now is on the statement
        house.record_payouts()
        house.keep_enough(self.cast, self.outside)

    def _open_accounts(self) -> None:
        self.settle()
        house.open_accounts(self.cast)

    def _follow(self) -> None:
        self.settle()
        self.outside.advance(now())
        self.follower.looked = False  # weeks are caught up with, which says nothing of the lag
        self.follower.look()
        self.settle()
        self.outside.payment_clock(now())  # or payouts come to light long after they were made
        house.record_payouts()
        house.read_statements()
        self._in_finance()

    def _in_finance(self) -> None:
        """A few exchanges, positions valued, and a hold on the last day."""
        self.settle()
        try:
            for _ in range(4):
                house.exchange_some(self.cast, self.finance)
            house.send_some(self.cast, self.finance, waits=now() >= self.end)
            house.revalue()
            if now() >= self.end:
                house.hold_some(self.cast)
                house.lend_some(self.cast)
                house.wish_some()
        except Problem as refusal:
            log.debug("%s: %s", type(refusal).__name__, refusal)

    def _close_month(self) -> None:
        self.settle()
        close_last_month(Act.system(door="schedule"))
        self.later(60, 3 * 24 * 60, self._pay_partners)
        last = now().date().replace(day=1) - timedelta(days=1)
        if last < self.end.date() - timedelta(days=45):
            self.later(4 * 24 * 60, 6 * 24 * 60, lambda: house.close_books(self.cast, last))

    def _pay_partners(self) -> None:
        """What is held is looked into within the days that it may take."""
        house.pay_partners(self.cast)
        self.later(24 * 60, 3 * 24 * 60, lambda: house.release_held(self.cast))


def _entity(random: Random) -> str:
    names, weights = zip(*SHARES, strict=True)
    return str(random.choices(names, weights)[0])


def _iban(number: int) -> str:
    return str(
        IBAN.generate("CY", bank_code="902", branch_code="00001", account_code=f"{number:016d}")
    )


def now_outside() -> datetime:
    """This minute; asked before the story sets its own clock."""
    return now().replace(second=0, microsecond=0)


LIST = Path(__file__).with_name("sanctions.xml")


def lotte() -> Person:
    """The client whom everybody may be."""
    from datetime import date

    return Person(
        first_name="Lotte", last_name="Vermeer", country="NL", birth_date=date(1988, 4, 12),
        email=firm.GUESTS[0][0], phone="+31 6 2041 8830", address="12 Mill Street",
        document_number="NL2041831", sex="F", expiry_date=date(2032, 4, 2),
    )  # fmt: skip
