"""Exchange between a client's own wallets: a rate that holds for some seconds, then the exchange.

The rate is the house's mid with a spread that a rule gives; the ledger posts both sides through its
positions, and the spread as a transfer of its own.
"""

from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.money import HALF_EVEN, Money, Rate
from nostro.kit.problems import NotFound, Problem
from nostro.ledger.models import Exchange, Quote
from nostro.ledger.operations import exchange_in_wallet, quote_rate
from nostro.ledger.queries import HouseRates, house_rates
from nostro.payments.decisions import EXCHANGE, ExchangeAnswer, ExchangeAsked
from nostro.payments.operations.deposits import NotYet
from nostro.people.models import Client
from nostro.rules.deciding import Answer, decide

FINEST = Decimal("1e-10")


class NoRate(Problem):
    """Nobody tells the house what a currency is worth now."""


class NotExchanged(Problem):
    """What the rules do not let this client exchange."""


def _rates(act: Act) -> HouseRates:
    rates = house_rates(act.at)
    if rates is None:
        raise NoRate("There are no rates now. Please try again later.")
    return rates


def _mid(rates: HouseRates, sells: str, buys: str) -> Decimal:
    """How much of the second currency one of the first is worth."""
    worth = {**rates.mids, rates.currency: Decimal(1)}
    for code in (sells, buys):
        if code in rates.missing or not worth.get(code):
            raise NoRate(f"There is no rate of {code} now. Please try again later.", field="buys")
    return (worth[sells] / worth[buys]).quantize(FINEST)


def _decided(
    act: Act, client: Client, rates: HouseRates, money: Money, buys: str
) -> Answer[ExchangeAnswer]:
    """What the rules say of exchanging this amount."""
    in_usd = money.amount * _mid(rates, str(money.currency), "USD")
    asked = ExchangeAsked(
        entity=client.entity.code, country=client.country, level=Decimal(client.level),
        sells=str(money.currency), buys=buys, worth=Money.rounded(in_usd, "USD", HALF_EVEN).amount,
    )  # fmt: skip
    return decide(act, EXCHANGE, asked, about=client)


def _allowed(client: Client) -> None:
    if client.status != Client.Status.ACTIVE:
        raise NotYet("You can exchange once your documents are approved.")


@operation(open_to=("client",), title="Ask for a rate", icon="arrows-exchange", reads=("entity",))
def ask_rate(act: Act, client: Client, *, money: Money, buys: str) -> Quote:
    """What this amount would be exchanged at, for some seconds. Nothing moves yet."""
    _allowed(client)
    if money.amount <= 0:
        raise Problem("An amount to exchange is above zero.", field="money")
    if money.currency == buys:
        raise Problem("Choose another currency to get.", field="buys")
    rates = _rates(act)
    mid = _mid(rates, str(money.currency), buys)
    answer = _decided(act, client, rates, money, buys)
    if not answer.output.allowed:
        raise NotExchanged(f"We do not exchange that here: {answer.sentence}", field="money")
    return quote_rate(
        act, sells=str(money.currency), buys=buys, mid=Rate(mid),
        spread=answer.output.spread / 100, source=rates.source, seconds=int(answer.output.seconds),
        client_id=client.pk,
    )  # fmt: skip


@operation(open_to=("client",), title="Exchange", icon="arrows-exchange", reads=("entity",))
def exchange_money(act: Act, client: Client, *, quote: Quote, money: Money) -> Exchange:
    """Exchange at a rate that still holds, once. The rules are asked again for another amount."""
    _allowed(client)
    if quote.client_id != client.pk:
        raise NotFound("There is no such rate.")
    if money.currency != quote.sells_id:
        raise NotExchanged(f"This rate is for {quote.sells_id}.", field="money")
    answer = _decided(act, client, _rates(act), money, quote.buys_id)
    if not answer.output.allowed or answer.output.spread / 100 != quote.spread:
        raise NotExchanged("This rate was for another amount. Ask for a new one.", field="money")
    return exchange_in_wallet(act, quote, money=money, entity_id=client.entity_id)
