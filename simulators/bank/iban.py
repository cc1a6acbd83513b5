"""IBANs: the check digits of ISO 13616, and which bank an account is at."""

import re


def valid(iban: str) -> bool:
    """Form and check digits (ISO 7064 mod 97-10) fit."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        return False
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def bank(iban: str) -> str:
    """Country and the first four of the national part: enough to tell banks apart here."""
    return iban[:2] + iban[4:8]
