"""Balances derived anew: our deals and the platform's own against the balance that it shows."""

from nostro.trading.deriving.balances import logins_of, recheck
from nostro.trading.deriving.books import compare_books
from nostro.trading.deriving.looking import AHEAD, keep

__all__ = ["AHEAD", "compare_books", "keep", "logins_of", "recheck"]
