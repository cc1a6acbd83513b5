"""What exposure does by the clock: limits are watched every minute, the day's chart kept; and all
the time: liquidity providers are listened to.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.jobs import LOOPS, every
from nostro.exposure import listening, operations
from nostro.exposure.decisions import LIMITS, Carried, Levels
from nostro.exposure.models import Alert, Limit
from nostro.exposure.queries.exact import (
    InForce,
    Net,
    carried,
    exact_nets,
    in_force,
    instrument_kind,
    overrides_of,
)
from nostro.kit.money import Currency, Money
from nostro.people.models import LegalEntity

BOOKS = ("b", "a")
LOOPS["exposure.listening"] = listening.watch


def usd(amount: Decimal) -> Money:
    return Money(amount, Currency("USD"))


@every("* * * * *")
def watch_limits(act: Act) -> None:
    """Hold what every book carries, in exact figures, against its limits."""
    nets, rule = exact_nets(), in_force()
    limited = LegalEntity.objects.filter(pk__in=Limit.objects.values("entity"))
    for book in BOOKS:
        _watch(act, nets, rule, book, None)
        for entity in limited:
            _watch(act, nets, rule, book, entity)


def _watch(act: Act, nets: list[Net], rule: InForce, book: str, entity: LegalEntity | None) -> None:
    entity_id = entity.pk if entity else None
    overrides = overrides_of(book, entity_id)
    standing = {
        one.key: one
        for one in Alert.objects.filter(rule=LIMITS.name, book=book, entity_id=entity_id).exclude(
            status=Alert.Status.CLEARED
        )
    }
    for about, net in carried(nets, book, entity_id).items():
        # A single entity is held to what was set for it; the rule is the whole house's.
        if entity is not None and (about.kind, about.code) not in overrides:
            continue
        alert = standing.pop(key_of(about, entity), None)
        found, why = rule.levels(about, overrides)
        _judge(act, about, net, alert, found, why, entity)
    for alert in standing.values():
        if _settled(act, alert, _levels_of(alert, rule, overrides)):
            operations.clear_alert(Act.system(door="schedule"), alert, net=usd(Decimal(0)))


def key_of(about: Carried, entity: LegalEntity | None) -> str:
    """What an alert is about: `b/instrument/XAUUSD`, and whose where it is one entity's."""
    whose = f"{entity.code}/" if entity else ""
    return f"{whose}{about.book}/{about.kind}/{about.code}".rstrip("/")


def _judge(
    act: Act, about: Carried, net: Decimal, alert: Alert | None, found: Levels, why: str,
    entity: LegalEntity | None,
) -> None:  # fmt: skip
    reached = abs(net) / found.limit * 100
    if reached >= found.enter and _is_news(alert, net, found):
        operations.raise_alert(
            Act.system(door="schedule"), rule=LIMITS.name, key=key_of(about, entity), about=about,
            net=usd(net), limit=usd(found.limit), why=why, entity=entity,
        )  # fmt: skip
    elif alert is not None and reached < found.leave and _settled(act, alert, found):
        operations.clear_alert(Act.system(door="schedule"), alert, net=usd(net))


def _is_news(alert: Alert | None, net: Decimal, found: Levels) -> bool:
    """Not said again each minute: only where it is new, has grown by a tenth, or turned round."""
    if alert is None:
        return True
    grown = abs(net) > abs(alert.peak) * operations.GREW
    return grown or (net > 0) != (alert.net > 0) or alert.limit != found.limit


def _settled(act: Act, alert: Alert, found: Levels) -> bool:
    return act.at - alert.raised_at >= timedelta(minutes=float(found.minutes))


def _levels_of(alert: Alert, rule: InForce, overrides: Mapping[tuple[str, str], Decimal]) -> Levels:
    kind = "none" if alert.kind != "instrument" else instrument_kind(alert.code)
    about = Carried(kind=alert.kind, code=alert.code, asset_class=kind, book=alert.book)
    return rule.levels(about, overrides)[0]


@every("*/10 * * * *")
def keep_the_day(act: Act) -> None:
    """The nets of this moment, for the chart of the day."""
    operations.keep_reading(Act.system(door="schedule"))
