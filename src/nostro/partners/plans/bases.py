"""What a rate is applied to: volume, spread, markup, commission or revenue, to six places."""

from collections.abc import Iterable
from decimal import Decimal

from nostro.partners.plans.arithmetic import BASE_PLACES, ONE, ZERO, BadPlan, Trail, figure
from nostro.partners.plans.terms import Basis, Deal, Filters, Leg, Revenue, Side, Terms


def basis_of(deal: Deal, terms: Terms, filters: Filters) -> Trail:
    """The deal's base for these terms, with its arithmetic."""
    match terms.basis:
        case Basis.LOTS:
            trail = _modified(Trail.start("Lots", deal.lots), deal)
        case Basis.COMMISSION:
            trail = Trail.start("Commission charged", deal.commission)
        case Basis.SPREAD:
            trail = _spread(deal, terms.leg, filters)
        case Basis.MARKUP:
            trail = _in_money(Trail.start("Markup in the price", deal.markup), deal)
        case Basis.PIPS:
            trail = _in_money(Trail.start("One pip", deal.pip), deal)
        case Basis.MILLION:
            trail = _in_money(Trail.start("Price at the close", deal.close_price), deal)
        case Basis.NET_REVENUE:
            if deal.revenue is None:
                raise BadPlan("The revenue of this deal is not known yet.", field="revenue")
            trail = net_revenue(deal.revenue)
    return trail.equals(NAMES[terms.basis].capitalize(), BASE_PLACES)


NAMES = {
    Basis.LOTS: "volume in lots",
    Basis.COMMISSION: "commission",
    Basis.SPREAD: "spread in money",
    Basis.MARKUP: "markup in money",
    Basis.PIPS: "worth of one pip",
    Basis.MILLION: "notional value",
    Basis.NET_REVENUE: "net revenue",
}


def net_revenue(revenue: Revenue) -> Trail:
    """What the house is left with: the client's loss is its gain."""
    return (
        Trail.start("Spread", revenue.spread)
        .plus("Commission", revenue.commission)
        .plus("Swap", revenue.swap)
        .minus("Client profit and loss", revenue.client_pnl)
        .minus("Bonuses", revenue.bonuses)
        .minus("Fees", revenue.fees)
    )


def _modified(trail: Trail, deal: Deal) -> Trail:
    if deal.volume_modifier == ONE:
        return trail
    return trail.times("Group volume modifier", deal.volume_modifier)


def _in_money(trail: Trail, deal: Deal) -> Trail:
    trail = trail.times("Lots", deal.lots).times("Contract size", deal.contract_size)
    trail = _modified(trail, deal)
    return trail if deal.fx == ONE else trail.times("Into the payout currency", deal.fx)


NO_SPREAD = "The platform does not tell the spread of this trade, so no share of it is known."


def untold(deal: Deal, terms: Terms) -> str:
    """Why these terms cannot be worked out on this deal; empty where they can."""
    needed = {
        Leg.OPEN: (deal.open_spread,),
        Leg.CLOSE: (deal.close_spread,),
        Leg.HALF: (deal.open_spread, deal.close_spread),
    }
    return NO_SPREAD if terms.basis == Basis.SPREAD and None in needed[terms.leg] else ""


def _spread(deal: Deal, leg: Leg, filters: Filters) -> Trail:
    match leg:
        case Leg.OPEN:
            return _in_money(Trail.start(*_opened(deal, filters)), deal)
        case Leg.CLOSE:
            return _in_money(Trail.start(*_closed(deal, filters)), deal)
        case Leg.HALF:
            both = Trail.start(*_opened(deal, filters)).plus(*_closed(deal, filters))
            return _in_money(both, deal).halved("Half of the open and half of the close")


def _opened(deal: Deal, filters: Filters) -> tuple[str, Decimal]:
    return _filtered("Spread at the open", deal.open_spread, deal, filters)


def _closed(deal: Deal, filters: Filters) -> tuple[str, Decimal]:
    return _filtered("Spread at the close", deal.close_spread, deal, filters)


def _filtered(
    label: str, spread: Decimal | None, deal: Deal, filters: Filters
) -> tuple[str, Decimal]:
    """A widened spread times average ÷ current is the average, so nothing is divided."""
    if spread is None:
        raise BadPlan(NO_SPREAD, field="spread")
    paid = spread
    average = deal.average_spread
    if filters.news_at_average and deal.widened and average is not None and average < paid:
        label, paid = f"{label}: the average, not {figure(spread)} in the news", average
    if filters.spread_cap is not None and filters.spread_cap < paid:
        label, paid = f"{label}: capped from {figure(paid)}", filters.spread_cap
    return label, paid


def hedged_lots(deals: Iterable[Deal]) -> dict[str, Decimal]:
    """Payable lots per instrument where hedges count once: the larger of all buys and all sells."""
    return {
        symbol: max(sides.get(Side.BUY, ZERO), sides.get(Side.SELL, ZERO))
        for symbol, sides in _lots_by_side(deals).items()
    }


def larger_side(deals: Iterable[Deal]) -> tuple[Deal, ...]:
    """The deals that pay where hedges count once: those of the larger side; buys on a tie."""
    every = tuple(deals)
    sums = _lots_by_side(every)
    paying = {
        symbol: Side.SELL if sides.get(Side.SELL, ZERO) > sides.get(Side.BUY, ZERO) else Side.BUY
        for symbol, sides in sums.items()
    }
    return tuple(deal for deal in every if deal.side == paying[deal.symbol])


def _lots_by_side(deals: Iterable[Deal]) -> dict[str, dict[Side, Decimal]]:
    sums: dict[str, dict[Side, Decimal]] = {}
    for deal in deals:
        sides = sums.setdefault(deal.symbol, {})
        sides[deal.side] = sides.get(deal.side, ZERO) + deal.lots
    return sums
