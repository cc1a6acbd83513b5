"""The daily reconciliation of client money: taken, signed, and a break where it falls short."""

from datetime import UTC, date, datetime, time, timedelta

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.seal import signing_key
from nostro.kit.problems import Problem
from nostro.people.models import LegalEntity
from nostro.reconciliation.events import ClientMoneyReconciled
from nostro.reconciliation.models import Break, ClientMoneyReport
from nostro.reconciliation.operations.breaks import close_break, open_break
from nostro.reconciliation.queries.segregation import (
    Standing,
    digest_of,
    floating_now,
    opened_with,
    standings,
)


class NotOver(Problem):
    """A day is reconciled once it is over."""


@operation(title="Reconcile client money", icon="scale")
def reconcile_client_money(act: Act, entity: LegalEntity, *, day: date) -> list[ClientMoneyReport]:
    """Put what is owed to clients beside what is set aside, as at the close of a day."""
    as_of = datetime.combine(day + timedelta(days=1), time.min, UTC)
    if as_of > act.at:
        raise NotOver(f"{day:%-d %B} is not over yet. Choose an earlier day.", field="day")
    floating, opened = floating_now(entity), opened_with(entity)
    found = standings(entity, as_of=as_of, known_at=act.at, floating=floating, opened=opened)
    if not found:
        raise Problem(f"{entity} holds no client money and has no account for it.")
    made = []
    for currency, standing in found.items():
        earlier = ClientMoneyReport.objects.filter(
            entity=entity, currency=currency, day_date=day
        ).count()
        report = ClientMoneyReport(
            entity=entity, currency=currency, day_date=day, revision=earlier + 1, as_of=as_of,
            known_at=act.at, resource=standing.resource.amount,
            requirement=standing.requirement.amount, parts=standing.parts,
            floating=floating.get(currency, {}), opened=opened.get(currency, {}),
        )  # fmt: skip
        report.digest = digest_of(report, standing)
        report.signature = signing_key().sign(report.digest.encode()).hex()
        report.save()
        event = ClientMoneyReconciled(report.pk, standing.resource, standing.requirement)
        act.record(event, about=report)
        _shortfall(act, entity, standing, day)
        made.append(report)
    return made


def _shortfall(act: Act, entity: LegalEntity, standing: Standing, day: date) -> None:
    key = f"money/{entity.code}/{standing.currency}"
    short = standing.requirement - standing.resource
    if short.amount <= 0:
        close_break(act, key, "Enough is set aside")
        return
    at_providers = standing.at_providers
    held = f" Providers hold {at_providers}, which does not count." if at_providers else ""
    open_break(
        act, Break.Kind.SHORTFALL, key=key, money=-short, entity_id=entity.pk,
        cause=f"{short} is missing at the close of {day:%-d %B}: pay it in from the firm's own"
        f" money by the end of the day, and explain the credit as own money.{held}",
    )  # fmt: skip
