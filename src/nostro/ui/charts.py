"""Charts as data: what is drawn, and, from the same figures, the table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from nostro.kit import Money

Kind = Literal["line", "area", "bar", "funnel", "sankey"]
Value = Money | Decimal | int | None


@dataclass(frozen=True)
class Series:
    """A row of figures under one name. Colours: d1 d2 d3 long short in out brand."""

    name: str
    values: Sequence[Value]
    colour: str = ""
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """One chart; `data` is what `ui/parts/chart.html` and the script read."""

    kind: Kind
    title: str
    labels: Sequence[str] = ()
    series: Sequence[Series] = ()
    links: Sequence[tuple[str, str, Value]] = field(default=())
    unit: str = ""
    stacked: bool = False

    @property
    def data(self) -> dict[str, Any]:
        drawn: dict[str, Any] = {"kind": self.kind, "title": self.title, "unit": self.unit}
        if self.links:
            drawn["links"] = [dict(zip(LINK, link, strict=True)) for link in self.links]
            return drawn
        for one in self.series:
            if len(one.values) != len(self.labels):
                raise ValueError(f"{one.name} has {len(one.values)} values, not as many as labels.")
        drawn["labels"], drawn["stacked"] = list(self.labels), self.stacked
        drawn["series"] = [
            {"name": one.name, "values": list(one.values), "dashed": one.dashed}
            | ({"colour": one.colour} if one.colour else {})
            for one in self.series
        ]
        return drawn


LINK = ("source", "target", "value")


def line(title: str, labels: Sequence[str], *series: Series, unit: str = "") -> Chart:
    return Chart("line", title, labels, series, unit=unit)


def area(
    title: str, labels: Sequence[str], *series: Series, unit: str = "", stacked: bool = False
) -> Chart:
    return Chart("area", title, labels, series, unit=unit, stacked=stacked)


def bar(
    title: str, labels: Sequence[str], *series: Series, unit: str = "", stacked: bool = False
) -> Chart:
    return Chart("bar", title, labels, series, unit=unit, stacked=stacked)


def funnel(title: str, steps: Sequence[tuple[str, Value]], unit: str = "") -> Chart:
    """Steps from the widest to the narrowest: `("Registered", 58)`."""
    values = Series(title, [value for _, value in steps])
    return Chart("funnel", title, [name for name, _ in steps], [values], unit=unit)


def sankey(title: str, links: Sequence[tuple[str, str, Value]], unit: str = "") -> Chart:
    """Where something flows: `("Cards", "Wallets", money)`."""
    return Chart("sankey", title, links=links, unit=unit)
