"""Files that say whose logins on a platform are: CSV, a login and a client each line."""

from dataclasses import dataclass

from nostro.kit.csv_files import CELLS, Format

COLUMNS = {
    "login": "Its number on the platform: 7204118.",
    "client": "Whose it is: our number (C-204), the number of the system the client comes from, or "
    "their e-mail address.",
}
MOST_LINES = 100_000
FORMAT = Format(tuple(COLUMNS), tuple(COLUMNS), most_lines=MOST_LINES)
LARGEST_LOGIN = 2**63 - 1
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file. One with a `fault` is not compared with anything."""

    number: int
    login: int | None
    client: str
    fault: str = ""


def read(content: bytes) -> list[Line]:
    """Every line with what is wrong in it. Raises `BadFile` for what is no such file."""
    found: list[Line] = []
    seen: dict[int, int] = {}
    for number, cells in FORMAT.lines(content):
        login, fault = _login(cells["login"]), _fault(cells)
        if login is not None and login in seen:
            fault = f"This login stands on line {seen[login]} already."
        elif login is not None:
            seen[login] = number
        known = None if fault else login
        found.append(Line(number, known, cells["client"][:LONGEST], fault))
    return found


def _login(text: str) -> int | None:
    fits = text.isascii() and text.isdecimal() and 0 < len(text) < 20
    return int(text) if fits and 0 < int(text) <= LARGEST_LOGIN else None


def _fault(cells: dict[str, str]) -> str:
    if cells[CELLS]:
        return f"This line has {cells[CELLS]} cells, and the headings have more or fewer."
    if _login(text := cells["login"]) is None:
        return f"“{text[:40]}” is no login." if text else "The login is missing."
    if not cells["client"]:
        return "The client is missing."
    return "This is too long for a client." if len(cells["client"]) > LONGEST else ""
