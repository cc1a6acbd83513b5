"""What following a platform reads and compares, without what it remembers."""

from collections.abc import Iterable
from decimal import Decimal

from nostro.core.acts import Act
from nostro.trading import operations as trading
from nostro.trading.models import Platform, PlatformSymbol
from nostro.trading.ports import PLATFORMS, Position


def symbols_of(platform: Platform) -> list[str]:
    return list(PlatformSymbol.objects.filter(platform=platform).values_list("name", flat=True))


def shape_of(positions: Iterable[Position] | None) -> set[tuple[int, Decimal, Decimal, Decimal]]:
    if positions is None:
        return {(-1, Decimal(0), Decimal(0), Decimal(0))}
    return {(one.ticket, one.lots, one.profit, one.swap) for one in positions}


def read_catalogue(act: Act, platform: Platform) -> None:
    """Symbols and groups, as the platform has them now."""
    connection = PLATFORMS.take(platform.slug)
    symbols, groups = connection.symbols(), connection.groups()
    trading.read_catalogue(act, platform, symbols=symbols, groups=groups)
