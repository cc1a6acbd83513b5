"""What anyone can ask about partners. A partner sees their own; staff, those of their entities."""

from collections.abc import Collection

from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Lower

from nostro.core.access import Actor, Grants, visible
from nostro.core.acts import Act
from nostro.core.identity import ACTORS
from nostro.core.models import User
from nostro.core.queries import query
from nostro.ledger.chart import Account, partner_earned
from nostro.ledger.queries import KNOWN
from nostro.partners.models import (
    Accrual,
    ClientLink,
    Conflict,
    Link,
    Partner,
    Payout,
    Plan,
    PlanVersion,
    Statement,
)
from nostro.partners.queries.closing import before_closing as before_closing
from nostro.people.queries import REFERRALS


def _seen[M: models.Model](
    act: Act, rows: models.QuerySet[M], *, partner: str = "partner__"
) -> models.QuerySet[M]:
    """By partner in the portal; by the partner's legal entity for staff."""
    actor = act.actor
    if actor.kind == "staff":
        entities = actor.grants.scope.entities
        return rows if entities is None else rows.filter(**{f"{partner}entity_id__in": entities})
    if actor.kind == "partner" and actor.id is not None:
        return rows.filter(**{f"{partner}pk" if partner else "pk": actor.id})
    return rows if actor.kind == "system" else rows.none()


@query(finds=Partner, open_to=("partner",))
def partners(act: Act) -> models.QuerySet[Partner]:
    """Partners by name, as far as the asker may see them."""
    rows = Partner.objects.select_related("entity", "user", "own_client").order_by("name", "pk")
    return _seen(act, rows, partner="")


@query(finds=Link, open_to=("partner",))
def links(act: Act) -> models.QuerySet[Link]:
    """Links, newest first, with the clicks and the registrations they brought."""
    rows = Link.objects.select_related("partner").order_by("-made_at", "-pk")
    return _seen(act, rows)


@query(finds=Plan)
def plans(act: Act) -> models.QuerySet[Plan]:
    """Plans with what they say now."""
    return Plan.objects.order_by("name")


@query(finds=PlanVersion, open_to=("partner",))
def plan_versions(act: Act) -> models.QuerySet[PlanVersion]:
    """Versions of plans, newest first. A partner sees those they are or were paid by."""
    rows = PlanVersion.objects.select_related("plan").order_by("-starts_at", "-number")
    if act.actor.kind == "partner":
        return rows.filter(assignments__partner_id=act.actor.id or 0).distinct()
    return rows if act.actor.kind in ("staff", "system") else rows.none()


@query(finds=ClientLink)
def client_links(act: Act) -> models.QuerySet[ClientLink]:
    """Which clients came through which partner, newest first."""
    rows = ClientLink.objects.select_related("client", "partner", "link")
    rows = rows.order_by("-starts_at", "-pk")
    return visible(act.actor, rows) if act.actor.kind == "staff" else _seen(act, rows)


@query(finds=Conflict)
def conflicts(act: Act) -> models.QuerySet[Conflict]:
    """Claims on clients that were not followed, newest first."""
    rows = Conflict.objects.select_related("client", "claimant", "kept")
    return visible(act.actor, rows.order_by("-at", "-pk"))


@query(finds=Accrual, open_to=("partner",))
def accruals(act: Act) -> models.QuerySet[Accrual]:
    """Lines, newest first: what was earned, on which deal, and why."""
    rows = Accrual.objects.select_related(
        "partner", "client", "deal__instrument", "version__plan", "statement__partner"
    ).order_by("-at", "-pk")
    rows = _seen(act, rows)
    return visible(act.actor, rows) if act.actor.kind == "staff" else rows


@query(finds=Statement, open_to=("partner",))
def statements(act: Act) -> models.QuerySet[Statement]:
    """Statements, newest first."""
    rows = Statement.objects.select_related("partner", "payout").order_by("-closed_at", "-pk")
    return _seen(act, rows)


@query(finds=Payout, open_to=("partner",))
def payouts(act: Act) -> models.QuerySet[Payout]:
    """Money that went to partners, newest first."""
    return _seen(act, Payout.objects.select_related("partner", "statement").order_by("-at", "-pk"))


def with_brought(rows: models.QuerySet[Link]) -> models.QuerySet[Link]:
    """Links with their clicks, the clicks an earlier one kept, and the clients they brought."""
    return rows.annotate(
        followed=Count("clicks", distinct=True),
        kept=Count("clicks", filter=Q(clicks__kept_for__isnull=False), distinct=True),
        brought=Count("client_links", distinct=True),
    )


def live_link(code: str) -> Link | None:
    """The link with this code whose partner still earns, however it was typed."""
    return (
        Link.objects.select_related("partner")
        .filter(code__iexact=code.strip()[:40], ended_at=None, partner__status="active")
        .first()
    )


def live_codes(codes: Collection[str]) -> set[str]:
    """Of these codes in small letters, those of links whose partner still earns."""
    rows = Link.objects.filter(ended_at=None, partner__status="active")
    found = rows.annotate(small=Lower("code")).filter(small__in=sorted(codes))
    return set(found.values_list("small", flat=True))


REFERRALS.append(live_codes)


def partner_actor(user: User) -> Actor | None:
    """A partner in their portal: what is open to partners, on their own things."""
    partner = Partner.objects.filter(pk=user.person_id or 0).first()
    if partner is None or partner.status == Partner.Status.ENDED:
        return None
    return Actor("partner", partner.pk, partner.name, Grants())


ACTORS["partner"] = partner_actor


def _accounts_of_partners(paths: set[str]) -> dict[str, Account]:
    """Of these paths, those of partners that there are: for opening balances."""
    ids = [int(one.split("/")[1]) for one in paths]
    charted = map(partner_earned, Partner.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return {one.path: one for one in charted}


KNOWN["partner"] = _accounts_of_partners
