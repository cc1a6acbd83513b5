"""What banks and providers should have said before books are closed."""

from collections.abc import Iterator

from nostro.core.acts import Act
from nostro.ledger.queries import CHECKS, Check, Closing
from nostro.reconciliation.models import BankAccount, Break, ClientMoneyReport, StatementLine

OPEN = (StatementLine.Status.OPEN, StatementLine.Status.HELD, StatementLine.Status.BROKEN)


def before_closing(act: Act, closing: Closing) -> Iterator[Check]:
    """Lines without an owner, differences without a cause, client money not reconciled."""
    lines = StatementLine.objects.filter(status__in=OPEN, booked_date__lte=closing.through)
    breaks = Break.objects.filter(status=Break.Status.OPEN, found_at__lt=closing.over)
    accounts = BankAccount.objects.filter(of_clients=True)
    reports = ClientMoneyReport.objects.filter(day_date=closing.through)
    if closing.entity_id is not None:
        lines = lines.filter(account__entity=closing.entity_id)
        breaks = breaks.filter(entity=closing.entity_id)
        accounts = accounts.filter(entity=closing.entity_id)
        reports = reports.filter(entity=closing.entity_id)
    yield _none(lines.count(), "Every bank line is matched", "line", "reconciliation/standing/")
    yield _none(breaks.count(), "No difference is open", "break", "reconciliation/breaks/")
    text = f"Client money is reconciled for {closing.through:%-d %B %Y}"
    wanted = {(one.entity_id, one.currency) for one in accounts}
    missing = wanted - set(reports.values_list("entity", "currency"))
    if not missing:
        yield Check(text)
        return
    codes = ", ".join(sorted({code for _, code in missing}))
    yield Check(
        text, "fail", codes, "Reconcile that day first.", "/staff/reconciliation/client-money/"
    )


def _none(count: int, text: str, noun: str, page: str) -> Check:
    if not count:
        return Check(text)
    end = f"1 {noun}" if count == 1 else f"{count} {noun}s"
    note = "Explain them, or name them when you close."
    return Check(text, "fail", end, note, f"/staff/{page}")


CHECKS.append(before_closing)
