"""The trade server's return codes as the three ways a vendor can fail us.

After a write nothing is repeated on a guess: whatever does not say plainly that nothing happened
is `Unknown` there.
"""

from nostro.kit import Refused, Retry, Unknown
from nostro.trading.adapters.mt4.wire import Answer

PASSING = frozenset({2, 4, 6, 8, 9, 128, 135, 136, 137, 138, 139, 141})
"""Of the server's or the line's own making, so that a read may be tried again."""

SENTENCES = {
    3: "The platform did not accept one of the values.",
    5: "The platform does not accept this client program.",
    7: "The plugin has no right to do this on the platform.",
    11: "The platform did not accept the request's signature: the secret word is wrong.",
    64: "The account is disabled.",
    65: "The platform knows no such account.",
    129: "The price is not valid.",
    130: "The stop levels are not valid.",
    131: "The volume is not valid.",
    132: "The market is closed.",
    133: "Trading is switched off.",
    134: "The account has not enough free money for this.",
    140: "Only buying is allowed.",
}


def trouble(answer: Answer, *, writes: bool) -> Retry | Refused | Unknown:
    """The failure behind an answer whose result is not success."""
    code = answer.code if answer.code is not None else answer.result
    said = f"code {code} {answer.reason}".strip()
    if code in PASSING:
        if writes:
            return Unknown(f"The platform answered {said}; it may have acted.")
        return Retry(f"The platform answered {said}.")
    sentence = SENTENCES.get(code, f"The platform refused: {said}.")
    return Refused(sentence, code=str(code))
