"""Partners and their tree: joining, moving, pausing, and where they are paid."""

import re
from datetime import date

from django.db import connection
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.models import User
from nostro.core.operations import operation
from nostro.kit.money import Currency
from nostro.kit.problems import Problem
from nostro.partners.decisions import FIRST_PLAN, NewPartner
from nostro.partners.events import (
    PartnerAdded,
    PartnerMoved,
    PartnerPaused,
    PartnerResumed,
    PayoutAccountSet,
)
from nostro.partners.models import Edge, Link, Partner, Plan
from nostro.partners.operations.plans import (
    STANDARD_PLANS,
    add_standard_plans,
    midnight,
    start_plan,
)
from nostro.partners.queries.chains import stands_above
from nostro.people.models import Client, LegalEntity
from nostro.people.operations.firm import EmailInUse
from nostro.rules.deciding import decide

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{2,19}")


class BadCode(Problem):
    """A partner's code is not one that can stand in an address, or it is taken."""


class Cycle(Problem):
    """A partner would stand above themself."""


class LaterMove(Problem):
    """The tree changes again after that day, so it cannot be changed before it."""


class BadAccount(Problem):
    """Not a bank account number."""


def _lock_tree() -> None:
    """Two moves at once could close a circle that neither of them sees: one at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('partners.tree'))")


@operation(title="Add a partner", icon="user-plus")
def add_partner(
    act: Act,
    *,
    name: str,
    code: str,
    email: str,
    entity: LegalEntity,
    payout_currency: str = "USD",
    parent: Partner | None = None,
    own_client: Client | None = None,
    password: str = "",
) -> Partner:
    """Let somebody bring clients. They get a link of their code and the plan the rules name."""
    code, address = code.strip().upper(), email.strip().lower()
    if not CODE.fullmatch(code):
        raise BadCode("A code has 3 to 20 capital letters, digits or hyphens.", field="code")
    if Link.objects.filter(code__iexact=code).exists():
        raise BadCode("This code is taken. Choose another one.", field="code")
    if User.objects.filter(email=address).exists():
        raise EmailInUse("Somebody signs in with this address already.", field="email")
    user = User.objects.create_user(address, password or None, kind=User.Kind.PARTNER)
    partner = Partner.objects.create(
        user=user, entity=entity, name=name.strip(), code=code, own_client=own_client,
        payout_currency=Currency(payout_currency), joined_at=act.at,
        status=Partner.Status.ACTIVE,
    )  # fmt: skip
    user.person_id, user.email_verified_at = partner.pk, act.at
    user.save(update_fields=["person_id", "email_verified_at"])
    Link.objects.create(partner=partner, code=code, campaign="", made_at=act.at)
    act.record(PartnerAdded(code), about=partner)
    if parent is not None:
        move_partner(act, partner, parent=parent)
    asked = NewPartner(
        entity=entity.code, currency=payout_currency, under_another=parent is not None
    )
    answer = decide(act, FIRST_PLAN, asked, about=partner)
    plan = _plan(act, answer.output.plan)
    if plan is not None:
        start_plan(act, partner, plan, act.at, answer.id)
    return partner


def _plan(act: Act, slug: str) -> Plan | None:
    if slug in STANDARD_PLANS and not Plan.objects.filter(slug=slug).exists():
        add_standard_plans(act)
    return Plan.objects.filter(slug=slug).first()


@operation(title="Move in the tree", icon="hierarchy")
def move_partner(
    act: Act, partner: Partner, *, parent: Partner | None = None, from_date: date | None = None
) -> Partner:
    """Put a partner under another one from a day on, or under nobody. The past stays as it was."""
    _lock_tree()
    start = midnight(from_date) if from_date else act.at
    edges = Edge.objects.filter(child=partner)
    if edges.filter(starts_at__gte=start).exists() or edges.filter(ends_at__gt=start).exists():
        raise LaterMove(
            f"{partner} moves on or after {start:%d %B %Y} already. Choose a later day.",
            field="from_date",
        )
    if parent is not None and stands_above(partner.pk, parent.pk, start):
        raise Cycle(
            f"{parent} stands under {partner}, so {partner} cannot stand under {parent}.",
            field="parent",
        )
    current = edges.filter(ends_at=None).first()
    if current is not None:
        current.ends_at = start
        current.save(update_fields=["ends_at"])
    if parent is not None:
        Edge.objects.create(child=partner, parent=parent, starts_at=start)
    moved = PartnerMoved(
        parent.pk if parent else None, current.parent_id if current else None, start
    )
    act.record(moved, about=partner)
    return partner


@operation(title="Pause", icon="player-pause", tone="refuse")
def pause_partner(act: Act, partner: Partner, *, reason: str) -> Partner:
    """Stop a partner from earning. What they earned before is still paid."""
    partner.move_to(Partner.Status.PAUSED)
    act.record(PartnerPaused(reason), about=partner)
    return partner


@operation(title="Let earn again", icon="player-play")
def resume_partner(act: Act, partner: Partner, *, reason: str) -> Partner:
    """Let a paused partner earn again, from now on."""
    partner.move_to(Partner.Status.ACTIVE)
    act.record(PartnerResumed(reason), about=partner)
    return partner


@operation(title="Set the bank account", icon="building-bank")
def set_payout_account(act: Act, partner: Partner, *, iban: str) -> Partner:
    """Say where the partner is paid. Only its ends are shown afterwards."""
    try:
        number = IBAN(iban)
    except SchwiftyException as error:
        raise BadAccount("This is not a valid IBAN. Check every digit.", field="iban") from error
    compact = number.compact
    partner.bank_label = f"{compact[:4]} ·· {compact[-4:]}"
    partner.bank_sealed = secrets.sealed(compact)
    partner.save(update_fields=["bank_label", "bank_sealed"])
    act.record(PayoutAccountSet(partner.bank_label), about=partner)
    return partner
