"""The test cards and what each of them does, as Stripe documents them for its test mode."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """What a card number leads to. `decline` is Stripe's decline code, empty where it pays."""

    number: str
    code: str = ""
    decline: str = ""
    message: str = ""
    challenge: bool = False
    after: str = ""
    refund: str = "succeeded"


_DECLINED = "Your card was declined."
_TEST_MODE = "Your card was declined. This is a test: only test card numbers are taken here."

_CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242"),
        Card("5555555555554444"),
        Card("4000000000000002", "card_declined", "generic_decline", _DECLINED),
        Card(
            "4000000000009995",
            "card_declined",
            "insufficient_funds",
            "Your card has insufficient funds.",
        ),
        Card("4000000000009979", "card_declined", "stolen_card", _DECLINED),
        Card("4100000000000019", "card_declined", "fraudulent", _DECLINED),
        Card("4000000000000069", "expired_card", "expired_card", "Your card has expired."),
        Card(
            "4000000000000119",
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
        Card("4000002760003184", challenge=True),
        Card("4000000000000259", after="dispute"),
        Card("4000000000007726", refund="pending"),
        Card("4000000000005126", refund="failing"),
    )
}


def card(number: str) -> Card:
    """The card of that number; a number that is no test card is declined."""
    unknown = Card(number, "card_declined", "test_mode_live_card", _TEST_MODE)
    return _CARDS.get(number, unknown)


def digits(text: str) -> str:
    """The number without the spaces people type."""
    return "".join(text.split()).replace("-", "")


def luhn(number: str) -> bool:
    """ISO/IEC 7812-1 annex B: the check digit fits."""
    if not (number.isascii() and number.isdecimal() and 12 <= len(number) <= 19):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(number[::-1])]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def brand(number: str) -> str:
    return {"4": "visa", "5": "mastercard"}.get(number[:1], "unknown")
