"""The server's return codes as the three ways a vendor can fail us.

After a write nothing is repeated on a guess: whatever does not say plainly that nothing happened
is `Unknown` there.
"""

from nostro.kit import Refused, Retry, Unknown

DONE = frozenset({0, 1})
NOT_FOUND, INVALID_PASSWORD, NOT_SUPPORTED = 13, 3006, frozenset({3, 12000, 12002})
NOT_DONE = 12002
"""What we say for a server that has no such command."""
PASSING = frozenset({2, 5, 6, 7, 9, 10, 11, 12, 14, 15, 1007, 1018, 10012, 10031, 12003, 12004})
"""Of the server's or the line's own making, so that a read may be tried again."""

SENTENCES = {
    3: "The platform did not accept one of the values.",
    4: "The platform did not accept the data.",
    8: "The manager account has no right to do this on the platform.",
    13: "The platform knows no such account or record.",
    16: "The platform cancelled the request.",
    17: "The platform already has such a record.",
    1000: "The platform does not accept this client program.",
    1001: "The manager login or its password is wrong.",
    1002: "The manager account is disabled.",
    1010: "The server asks for a newer client build than we claim.",
    1011: "The login is not a manager account.",
    1012: "The server does not allow our address for this manager.",
    1013: "The group is not valid.",
    1015: "The client identifier is not valid.",
    1024: "The manager account may not use the Web API.",
    1026: "The manager's password has to be changed first.",
    1034: "The API is switched off for this account.",
    2003: "It is not empty.",
    2007: "The platform already has such a record.",
    3001: "This is the last administrator.",
    3002: "The server has no free login left in its range.",
    3003: "This login belongs to another server.",
    3004: "This login is taken.",
    3006: "The password is wrong or too weak for the platform.",
    3007: "The licence's limit of accounts is reached.",
    3008: "The account has open trades.",
    3009: "The group is on another trade server.",
    3010: "The group has another currency.",
    3013: "This account already exists.",
    3019: "The limit of API requests is reached.",
    4001: "The platform's limit is reached.",
    4005: "The amount is above what the platform accepts in one operation.",
    6001: "The platform has no such symbol.",
    10013: "The platform did not accept the request.",
    10014: "The volume is not valid.",
    10017: "Trading is switched off.",
    10018: "The market is closed.",
    10019: "The account has not enough free money for this.",
    12000: "This server cannot do that.",
    12001: "Only the main server can do that.",
    12002: "This server cannot do that.",
}


def trouble(code: int, words: str, *, writes: bool) -> Retry | Refused | Unknown:
    """The failure behind a return code that is not success."""
    said = f"code {code} {words}".strip()
    if code in PASSING:
        if writes:
            return Unknown(f"The platform answered {said}; it may have acted.")
        return Retry(f"The platform answered {said}.")
    sentence = SENTENCES.get(code, f"The platform refused: {said}.")
    return Refused(sentence, code=str(code))
