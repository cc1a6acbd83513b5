"""Passwords for trading accounts: long enough for nobody to guess, in letters that are not
mistaken for one another, with every sort of character that platforms ask for.
"""

import secrets

LENGTH = 14
SORTS = ("abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "!#%*+-?")
"""Lower, upper, digits and signs without l, o, I, O, 0 and 1."""


def new_password() -> str:
    """At least one of each sort, the rest of any, in no order."""
    letters = [secrets.choice(sort) for sort in SORTS]
    letters += [secrets.choice("".join(SORTS)) for _ in range(LENGTH - len(SORTS))]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)
