"""What the ledger does by the clock."""

from django.db import connection, transaction

from nostro.core.acts import Act
from nostro.core.jobs import every
from nostro.ledger.models import Entry
from nostro.ledger.operations import expire_holds, record_verification
from nostro.ledger.queries import expired_holds, verify


@every("* * * * *")
def roll_up_hot_accounts(act: Act) -> None:
    """Fold the tails of hot accounts into their balances. Derived figures: no event."""
    roll_up()


def roll_up() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('nostro.act', 'ledger: roll-up', true)")
        cursor.execute("SELECT ledger_roll_up()")


@every("* * * * *")
def let_go_of_expired_holds(act: Act) -> None:
    """Release what was held for longer than was said."""
    ids = expired_holds(act.at)
    if ids:
        expire_holds(act, ids=ids)


@every("*/15 * * * *")
def verify_ledger(act: Act) -> None:
    """Prove every invariant over every row, and keep what came out."""
    flaws = [f"{one.invariant}: {one.detail}" for one in verify()]
    record_verification(act, entries=Entry.objects.count(), flaws=flaws)
