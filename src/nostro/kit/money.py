"""Exact money. Floats are refused, currencies never mix, rounding is said aloud."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Decimal,
    InvalidOperation,
    localcontext,
)
from functools import total_ordering
from typing import Any, Self

from pydantic_core import CoreSchema

from nostro.kit.problems import Problem
from nostro.kit.schemas import from_text, money_schema

HALF_EVEN = ROUND_HALF_EVEN
DOWN = ROUND_DOWN
HALF_UP = ROUND_HALF_UP
LARGEST = Decimal(10) ** 20
"""Above this an amount is a mistake, not a fortune."""


class BadMoney(Problem):
    """An amount that cannot be money: not a number, too fine, or absurdly large."""


class MixedCurrencies(Problem):
    """Two currencies in one sum."""


# ISO 4217 minor units, and the coins brokers take. Anything absent has two digits by ISO's habit.
_SCALES = {
    "JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "UGX": 0, "XAF": 0, "XOF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "BTC": 8, "ETH": 18, "USDT": 6, "USDC": 6,
}  # fmt: skip


class Currency(str):
    """A three- to five-letter code with a scale: how many decimal places it is paid in."""

    __slots__ = ()

    def __new__(cls, code: str) -> Self:
        if not (3 <= len(code) <= 5 and code.isascii() and code.isalpha() and code.isupper()):
            raise BadMoney(f"{code!r} is not a currency code.", field="currency")
        return super().__new__(cls, code)

    @property
    def scale(self) -> int:
        return _SCALES.get(self, 2)

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> CoreSchema:
        return from_text(cls, "USD")


def _exact(value: "Decimal | int | str") -> Decimal:
    if isinstance(value, float):
        raise TypeError("A float is never money. Write Decimal('0.10').")
    try:
        amount = Decimal(value)
    except (InvalidOperation, ValueError) as error:
        raise BadMoney(f"{value!r} is not an amount.", field="amount") from error
    if not amount.is_finite():
        raise BadMoney(f"{value!r} is not an amount.", field="amount")
    if abs(amount) > LARGEST:
        raise BadMoney("That amount is larger than any we can hold.", field="amount")
    return amount


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency, payable: never finer than the currency's minor unit."""

    amount: Decimal
    currency: Currency

    def __post_init__(self) -> None:
        currency = Currency(self.currency)
        amount = _exact(self.amount)
        exponent = Decimal(1).scaleb(-currency.scale)
        with localcontext(prec=60):
            payable = amount.quantize(exponent)
        if payable != amount:
            raise BadMoney(
                f"{amount} is finer than {currency} is paid in ({currency.scale} decimal places).",
                field="amount",
            )
        object.__setattr__(self, "amount", payable)
        object.__setattr__(self, "currency", currency)

    @classmethod
    def of(cls, text: str) -> "Money":
        """`Money.of("12.50 USD")`."""
        amount, _, currency = text.partition(" ")
        return cls(_exact(amount), Currency(currency))

    @classmethod
    def parse(cls, value: Any) -> "Money":
        """From what comes in at a door: `"12.50 USD"` or `{"amount": "12.50", "currency": "USD"}`.

        Raises `BadMoney`.
        """
        if isinstance(value, Money):
            return value
        if isinstance(value, str):
            return cls.of(value.strip())
        if isinstance(value, dict) and set(value) == {"amount", "currency"}:
            if not isinstance(value["amount"], str | int | Decimal):
                raise BadMoney("Write the amount as text, so that it stays exact.")
            return cls(_exact(value["amount"]), Currency(str(value["currency"])))
        raise BadMoney("Money is an amount and a currency.")

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> CoreSchema:
        return money_schema(cls.parse)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(Decimal(0), Currency(currency))

    @classmethod
    def from_minor(cls, units: int | Decimal, currency: str) -> "Money":
        """From the smallest unit: `from_minor(1250, "USD")` is 12.50 USD."""
        code = Currency(currency)
        return cls(Decimal(units).scaleb(-code.scale), code)

    @classmethod
    def rounded(cls, value: Decimal, currency: str, rounding: str) -> "Money":
        """The payable amount nearest to an exact `value`; the way of rounding is always named."""
        code = Currency(currency)
        with localcontext(prec=60):
            return cls(
                _exact(value).quantize(Decimal(1).scaleb(-code.scale), rounding=rounding), code
            )

    @property
    def minor(self) -> int:
        with localcontext(prec=60):
            return int(self.amount.scaleb(self.currency.scale))

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self} and {other} are different currencies.")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.amount), self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount < other.amount

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.amount:,.{self.currency.scale}f} {self.currency}"

    def times(self, factor: Decimal, rounding: str) -> "Money":
        """The product, rounded to what can be paid."""
        with localcontext(prec=60):
            return Money.rounded(self.amount * _exact(factor), self.currency, rounding)

    def split(self, weights: Sequence[Decimal | int]) -> list["Money"]:
        """Shares in proportion to `weights` by the largest remainder: they always sum to the whole.

        Equal remainders go to the earlier share. Weights are ≥ 0 and not all zero.
        """
        shares = [_exact(weight) for weight in weights]
        total = sum(shares, Decimal(0))
        if total <= 0 or any(share < 0 for share in shares):
            raise BadMoney("Shares must be positive to split money by them.")
        sign, units = (-1, -self.minor) if self.minor < 0 else (1, self.minor)
        with localcontext(prec=80):
            exact = [units * share / total for share in shares]
            floors = [int(part) for part in exact]
            order = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
        for index in order[: units - sum(floors)]:
            floors[index] += 1
        return [Money.from_minor(sign * part, self.currency) for part in floors]


class Rate(Decimal):
    """How much of the second currency one of the first is worth. Positive and finite."""

    def __new__(cls, value: Decimal | int | str) -> Self:
        rate = _exact(value)
        if rate <= 0:
            raise BadMoney("A rate is above zero.", field="rate")
        return super().__new__(cls, rate)

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> CoreSchema:
        return from_text(cls, "1.0834")


class Lots(Decimal):
    """Trade volume in standard lots, to a hundred-millionth (MetaTrader 5's VolumeExt)."""

    def __new__(cls, value: Decimal | int | str) -> Self:
        lots = _exact(value)
        if lots != lots.quantize(Decimal("1e-8")):
            raise BadMoney("Lots are never finer than eight decimal places.", field="lots")
        return super().__new__(cls, lots)

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> CoreSchema:
        return from_text(cls, "0.10")


def quoted(price: Decimal, digits: int | None = None) -> str:
    """A price with as many decimal places as its instrument is quoted in, two where that is not
    known; more where it has more, and none of the zeros that only a column holds.
    """
    exponent = price.normalize().as_tuple().exponent
    places = max(2 if digits is None else digits, -exponent if isinstance(exponent, int) else 0)
    return f"{price:,.{places}f}"
