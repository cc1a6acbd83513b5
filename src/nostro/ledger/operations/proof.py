"""The proof of the ledger, kept: who looks at it later sees when it held and what did not."""

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.ledger.events import LedgerFlawFound, LedgerVerified
from nostro.ledger.models import Verification


@operation(internal=True)
def record_verification(
    act: Act, *, entries: int, flaws: list[str], through: int = 0, whole: bool = True
) -> Verification:
    """Keep the outcome of a proof of the ledger: of all of it, or of what has come since."""
    verification = Verification.objects.create(
        at=act.at, entries=entries, flaws=flaws, through=through, whole=whole
    )
    if flaws:
        act.record(LedgerFlawFound(entries, len(flaws)), about=verification)
    else:
        act.record(LedgerVerified(entries), about=verification)
    return verification
