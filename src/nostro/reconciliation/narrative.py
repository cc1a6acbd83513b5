"""Reads the free text of an MT940 movement: the German, the Dutch and the plain way of writing it.

German banks number the parts (?20 to ?29 text, ?31 account, ?32 name) and put SEPA keys into the
text (EREF+, SVWZ+); Dutch banks put the keys between slashes (/EREF/, /NAME/, /REMI/).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nostro.reconciliation.statement import reference

GERMAN = re.compile(r"^\d{3}\?\d\d|^\?\d\d")
PART = re.compile(r"\?(\d\d)")
SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|COAM|OAMT|PURP|RTRN)\+")
SLASHED = re.compile(
    r"/(TRTP|IBAN|BIC|NAME|REMI|EREF|CSID|MARF|ORDP|BENM|ISDT|PREF|RTRN|ID|ADDR|SVCL|PURP|"
    r"OCMT|CHGS|TRCD|ULTD|ULTB)/"
)
IBAN = re.compile(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}")


@dataclass(frozen=True, slots=True)
class Narrative:
    """What the text says, as far as it is structured; the rest of it is remittance."""

    end_to_end_id: str = ""
    other_references: tuple[str, ...] = ()
    remittance: str = ""
    counterparty: str = ""
    iban: str = ""


def read_narrative(lines: Sequence[str]) -> Narrative:
    """Read the lines of a :86: field."""
    joined = "".join(lines)
    if GERMAN.match(joined.strip()):
        return _german(joined.strip())
    if SLASHED.search(joined):
        return _slashed(joined)
    return Narrative(remittance=_squeezed(" ".join(lines)))


def _german(text: str) -> Narrative:
    pieces = PART.split(text)
    parts = list(zip(pieces[1::2], pieces[2::2], strict=True))
    text_parts = [value for code, value in parts if "20" <= code <= "29" or "60" <= code <= "63"]
    keyed = _keyed(SEPA, "".join(text_parts))
    account = "".join(value for code, value in parts if code == "31")
    remitted = [keyed.get("", ""), keyed.get("SVWZ", "")] if keyed.keys() - {""} else text_parts
    # A text in keys keeps its blanks; one without has a part to a line.
    title = next((value for code, value in parts if code == "00"), "")
    return Narrative(
        reference(keyed.get("EREF")),
        _present(keyed.get("KREF"), keyed.get("MREF")),
        _squeezed(" ".join(remitted)) or _squeezed(title),
        _squeezed("".join(value for code, value in parts if code in ("32", "33"))),
        account.replace(" ", ""),
    )


def _slashed(text: str) -> Narrative:
    keyed = _keyed(SLASHED, text)
    account = keyed.get("IBAN", "").strip("/ ").replace(" ", "")
    return Narrative(
        reference(keyed.get("EREF", "").strip("/ ")),
        _present(keyed.get("PREF"), keyed.get("MARF"), keyed.get("ID")),
        _squeezed(keyed.get("REMI") or keyed.get("") or keyed.get("TRTP", "")).strip("/"),
        _squeezed(keyed.get("NAME", "")).strip("/"),
        account if IBAN.fullmatch(account) else "",
    )


def _keyed(key: re.Pattern[str], text: str) -> dict[str, str]:
    """The text by its keys; what comes before the first key is under the empty one."""
    pieces = key.split(text)
    found = {"": pieces[0]}
    for name, value in zip(pieces[1::2], pieces[2::2], strict=True):
        found.setdefault(name, value)
    return found


def _present(*texts: str | None) -> tuple[str, ...]:
    plain = (reference((text or "").strip("/ ")) for text in texts)
    return tuple(one for one in plain if one)


def _squeezed(text: str) -> str:
    return " ".join(text.split())
