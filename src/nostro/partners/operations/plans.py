"""Plans: what they say, from when on, and who is paid by them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.partners.events import PlanAssigned, PlanVersionAdded
from nostro.partners.models import Accrual, Assignment, Partner, Plan, PlanVersion
from nostro.partners.plans import Basis, Cascade
from nostro.partners.plans.agreement import Agreement, NewClient, Rate, Step

STANDARD_PLANS = {
    "standard-ib": (
        "Standard IB",
        Agreement(
            currency="USD",
            cascade=Cascade.ON_TOP,
            rates=(Rate(basis=Basis.LOTS, rate=Decimal("6.00")),),
            overrides=(Decimal("0.15"),),
            minimum_holding_seconds=60,
        ),
    ),
    "spread-30": (
        "Spread 30",
        Agreement(
            currency="USD",
            cascade=Cascade.DIFFERENTIAL,
            levels=3,
            rates=(Rate(basis=Basis.SPREAD, rate=Decimal("0.30")),),
            minimum_holding_seconds=60,
        ),
    ),
    "new-clients": (
        "New clients",
        Agreement(
            currency="USD",
            new_client=NewClient(
                ladder=(
                    Step(starts_at=Decimal(250), amount=Decimal(100)),
                    Step(starts_at=Decimal(1000), amount=Decimal(250)),
                ),
                within_days=60,
            ),
        ),
    ),
}
"""What a new house starts from; each becomes version 1 of a plan at its first use."""


class OtherCurrency(Problem):
    """The plan pays in another currency than the partner is paid in."""


class AlreadyPaid(Problem):
    """Trades of that time have been accrued by the plan that was in force."""


class NothingMissing(Problem):
    """Every standard plan has been written."""

    status = 409


class NoVersion(Problem):
    """The plan says nothing at that time."""


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@operation(title="Write a plan version", icon="versions")
def set_plan(
    act: Act,
    *,
    slug: str,
    name: str,
    terms: Agreement,
    from_date: date | None = None,
    note: str = "",
    for_everybody: bool = True,
) -> PlanVersion:
    """Write what a plan says from a day on. Partners on the plan follow unless told otherwise."""
    terms.checked()
    start = midnight(from_date) if from_date else act.at
    plan, _ = Plan.objects.get_or_create(slug=slug, defaults={"name": name})
    latest = plan.versions.order_by("-number").first()
    if latest is not None and start <= latest.starts_at:
        raise NoVersion(
            f"{latest} begins on {latest.starts_at:%d %B %Y}. Choose a later day.",
            field="from_date",
        )
    number = latest.number + 1 if latest else 1
    version = PlanVersion.objects.create(
        plan=plan, number=number, terms=terms.model_dump(mode="json"), starts_at=start,
        made_at=act.at, note=note,
    )  # fmt: skip
    moved = _follow(act, latest, version) if latest and for_everybody else 0
    act.record(PlanVersionAdded(version.pk, number, start, moved), about=plan)
    return version


def _follow(act: Act, latest: PlanVersion, version: PlanVersion) -> int:
    """Everybody whose plan at that time is this one is paid by its new version from then on."""
    current = Assignment.objects.filter(starts_at__lt=version.starts_at)
    newest = current.order_by("partner_id", "-starts_at").distinct("partner_id")
    on_plan = [one.partner_id for one in newest.select_related("version") if
               one.version.plan_id == version.plan_id]  # fmt: skip
    _refuse_paid(on_plan, version.starts_at)
    Assignment.objects.bulk_create(
        Assignment(partner_id=pk, version=version, starts_at=version.starts_at, made_at=act.at)
        for pk in on_plan
    )
    return len(on_plan)


def _refuse_paid(partner_ids: list[int], start: datetime) -> None:
    """A plan never reaches back over lines that are written: those are corrected one by one."""
    late = Accrual.objects.filter(partner_id__in=partner_ids, deal__isnull=False, at__gte=start)
    if late.exists():
        raise AlreadyPaid(
            f"Trades since {start:%d %B %Y} have been accrued already. Choose a later day and "
            "correct the lines that were wrong.",
            field="from_date",
        )


@operation(title="Assign a plan", icon="table")
def assign_plan(
    act: Act, partner: Partner, *, plan: Plan, from_date: date | None = None
) -> Partner:
    """Pay a partner by a plan from a day on. What was earned before stays."""
    return start_plan(act, partner, plan, midnight(from_date) if from_date else act.at)


def start_plan(
    act: Act, partner: Partner, plan: Plan, start: datetime, decision: int | None = None
) -> Partner:
    """Inside an operation: the partner is paid by the plan from a moment on."""
    version = plan.versions.filter(starts_at__lte=start).order_by("-number").first()
    if version is None:
        raise NoVersion(f"{plan} says nothing on {start:%d %B %Y} yet.", field="from_date")
    if version.agreement.currency != partner.payout_currency:
        raise OtherCurrency(
            f"{plan} pays in {version.agreement.currency}, and {partner} is paid in "
            f"{partner.payout_currency}.",
            field="plan",
        )
    if partner.assignments.filter(starts_at__gte=start).exists():
        raise NoVersion(
            f"{partner} has another plan from then on already. Choose a later day.",
            field="from_date",
        )
    _refuse_paid([partner.pk], start)
    Assignment.objects.create(
        partner=partner, version=version, starts_at=start, made_at=act.at, decision=decision
    )
    act.record(PlanAssigned(plan.name, version.number, version.pk, start, decision), about=partner)
    return partner


@operation(title="Add the standard plans", icon="table", internal=True)
def add_standard_plans(act: Act) -> list[str]:
    """Write the plans a new house starts from, those that are missing."""
    known = set(Plan.objects.values_list("slug", flat=True))
    if known.issuperset(STANDARD_PLANS):
        raise NothingMissing("The standard plans are there already.")
    for slug, (name, terms) in STANDARD_PLANS.items():
        if slug not in known:
            set_plan(act, slug=slug, name=name, terms=terms, note="Built in")
    return list(STANDARD_PLANS)
