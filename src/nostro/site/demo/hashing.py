"""Passwords of invented people need no slow hash: three hundred of them would take a minute."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """The ordinary PBKDF2 with few rounds; the first sign-in hashes anew, the slow way."""

    iterations = 1_000
