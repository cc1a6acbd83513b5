"""What the ledger does by the clock."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Max

from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.ledger.events import ProofAsked
from nostro.ledger.models import Entry, Verification
from nostro.ledger.operations import (
    NothingToSeal,
    RateMissing,
    expire_holds,
    record_verification,
    revalue_day,
    seal_entries,
    skip_revaluation,
)
from nostro.ledger.queries import (
    Flaw,
    broken_seals,
    expired_holds,
    needs_revaluation,
    verify,
    verify_since,
)


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


@every("10 0 * * *")
def revalue_yesterday(act: Act) -> None:
    """Value exchange positions at the mids that end the day; without a rate, say so instead."""
    day = (act.at - timedelta(days=1)).date()
    if not needs_revaluation(day):
        return
    try:
        revalue_day(act, day=day)
    except RateMissing as missing:
        skip_revaluation(act, day=day, reason=missing.sentence)


@every("*/15 * * * *")
def verify_what_came(act: Act) -> None:
    """Prove what has come since the last proof, and keep what came out."""
    newest = Verification.objects.order_by("-at").first()
    through = Entry.objects.aggregate(newest=Max("pk"))["newest"] or 0
    flaws = verify_since(newest.through if newest else 0)
    _keep(act, flaws, through, whole=False)


@every("7 * * * *")
def seal_what_is_proved(act: Act) -> None:
    """Seal what the last proofs went over, each hour."""
    with suppress(NothingToSeal):
        while True:
            seal_entries(act)


@every("10 3 * * *")
def verify_ledger(act: Act) -> None:
    """Prove every invariant over every row and read every seal again, and keep what came out."""
    through = Entry.objects.aggregate(newest=Max("pk"))["newest"] or 0
    _keep(act, verify() + broken_seals(), through, whole=True)


@on(ProofAsked, queue="slow")
def prove_now(act: Act, event: ProofAsked, key: str) -> None:
    """Somebody does not want to wait for the night."""
    verify_ledger(replace(act, key=key))


def _keep(act: Act, flaws: list[Flaw], through: int, *, whole: bool) -> None:
    count = Entry.objects.count()
    record_verification(act, entries=count, flaws=flaws, through=through, whole=whole)
