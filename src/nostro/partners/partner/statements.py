"""Statements as a partner reads them: by instrument, by level, corrections, and every line."""

from datetime import UTC, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.partners import queries
from nostro.partners.models import Accrual, Statement
from nostro.partners.operations.statements import month_after
from nostro.partners.partner.words import next_payout, symbol_of
from nostro.partners.plans.arithmetic import figure
from nostro.partners.queries import earnings
from nostro.ui.exports import given
from nostro.ui.pages import portal_page, show

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@portal_page("partner", "statements/", "Statements", icon="report-money", nav=4)
def statements(request: HttpRequest, act: Act) -> HttpResponse:
    partner = earnings.own_partner(act)
    tones = {"paid": "ok", "approved": "ok", "held": "warn", "closed": "wait", "carried": ""}
    words = {"closed": "Being checked", "approved": "To be paid"}
    rows = [
        {
            "url": f"/partner/statements/{one.pk}/",
            "icon": "report-money",
            "square": True,
            "title": f"{one.period:%B %Y}",
            "small": f"{one.lines} lines",
            "pill": words.get(one.status, one.status_label),
            "pill_tone": tones[one.status],
            "value": one.payable,
        }
        for one in queries.statements(act)
    ]
    month = earnings.month_start(act.at)
    open_sum, _ = earnings.total(act, partner.payout_currency, month, act.at + timedelta(days=1))
    context = {"title": "Statements", "rows": rows, "open": open_sum, "month": f"{act.at:%B}",
               "payout": next_payout(act, partner), "topic": "partners.statement"}  # fmt: skip
    return show(request, act, "partners/statements.html", context)


@portal_page("partner", "statements/<int:pk>/", "Statement")
def statement(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    row: Statement = find(act, Statement, pk)
    lines = queries.accruals(act).filter(statement=row)
    instruments = earnings.by_instrument(lines)
    levels = [sum((one.levels[i] for one in instruments), Decimal(0)) for i in range(3)]
    corrections = lines.filter(kind=Accrual.Kind.CORRECTION).select_related("corrects")
    largest = max((one.total for one in instruments), default=Decimal(0))
    context = {
        "title": f"{row.period:%B %Y}",
        "row": row,
        "partner": row.partner,
        "instruments": [_instrument(one, largest) for one in instruments],
        "lots": sum((one.lots for one in instruments), Decimal(0)),
        "levels": [
            {"label": label, "value": value, "tone": f"c{index}", "amount": f"{value:,.2f}"}
            for index, (label, value) in enumerate(zip(LEVELS, levels, strict=True), start=1)
        ],
        "corrections": [_correction(one) for one in corrections],
        "comes_to": _comes_to(row),
        "carried": figure(row.carried).replace("-", "−"),
        "next_month": f"{month_after(row.period):%B}",
        "topic": "partners.statement",
    }
    return show(request, act, "partners/statement.html", context)


LEVELS = ("Your clients", "Level 2, one below you", "Level 3, two and more below you")


def _instrument(one: earnings.Instrument, largest: Decimal) -> dict[str, Any]:
    rest = max(Decimal(0), largest - one.total)
    parts = [{"value": max(Decimal(0), amount), "tone": f"c{level}"}
             for level, amount in enumerate(one.levels, start=1)]  # fmt: skip
    return {"one": one, "parts": [*parts, {"value": rest, "tone": "c-rest"}]}


def _correction(line: Accrual) -> dict[str, Any]:
    original = line.corrects
    sign = "+" if line.amount > 0 else ""
    return {
        "title": f"{symbol_of(line) or 'New-client reward'} of {original.at:%-d %B}"
        if original
        else "Correction",
        "amount": f"{sign}{line.amount:,.2f}".replace("-", "−"),
        "up": line.amount > 0,
        "reason": line.arithmetic.get("reason", ""),
        "url": f"/partner/trades/{original.pk if original else line.pk}/",
    }


def _comes_to(row: Statement) -> list[dict[str, Any]]:
    """How earned, corrected and carried amounts come to what is paid."""
    pairs = [{"label": f"Earned in {row.period:%B}", "value": f"{row.earned:,.2f}"}]
    if row.corrections:
        pairs.append({"label": "Corrections", "value": f"{row.corrections:,.2f}".replace("-", "−")})
    if row.brought:
        pairs.append(
            {"label": "Brought from before", "value": figure(row.brought).replace("-", "−")}
        )
    return pairs


@portal_page("partner", "statements/<int:pk>/statement.pdf", "On paper")
def on_paper(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """The statement as it stands on its page: by instrument, then how it comes to the payout."""
    row: Statement = find(act, Statement, pk)
    instruments = earnings.by_instrument(queries.accruals(act).filter(statement=row))
    rows: list[list[Any]] = [["Instrument", "Lots", *("Level 1", "Level 2", "Level 3"), "Together"]]
    rows += [
        [one.name, round(one.lots, 2), *(round(part, 2) for part in (*one.levels, one.total))]
        for one in instruments
    ]
    sums = [(str(one["label"]), str(one["value"])) for one in _comes_to(row)]
    facts = [
        ("Partner", f"{row.partner.name}, {row.partner.code}"), ("Currency", row.currency),
        ("Locked", f"{row.closed_at:%-d %B %Y, %H:%M} UTC"), *sums,
        ("Paid" if row.paid_at else "To be paid", str(row.payable)),
    ]  # fmt: skip
    title = f"Statement of {row.period:%B %Y}"
    return given(
        rows, "pdf", str(row), act, title=title, facts=facts, house=row.partner.entity.name
    )


@portal_page("partner", "statements/<int:pk>/lines.xlsx", "Spreadsheet")
def spreadsheet(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """Every line of a statement, exact to six places."""
    row: Statement = find(act, Statement, pk)
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "remove_timezone": True})
    sheet = book.add_worksheet(f"{row.period:%Y-%m}")
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    exact = book.add_format({"num_format": "0.000000"})
    sheet.write_row(0, 0, ["Closed (UTC)", "Trade", "Instrument", "Client", "Level", "Lots",
                           "Amount", "Currency", "Why"])  # fmt: skip
    lines = queries.accruals(act).filter(statement=row).order_by("at", "pk")
    for index, one in enumerate(lines.iterator(2000), start=1):
        sheet.write_datetime(index, 0, one.at.astimezone(UTC), moment)
        sheet.write_string(index, 1, str(one.deal.ticket) if one.deal else "")
        sheet.write_string(index, 2, symbol_of(one))
        sheet.write_string(index, 3, f"C-{one.client_id}")
        sheet.write_number(index, 4, one.level)
        sheet.write_number(index, 5, one.lots)
        sheet.write_number(index, 6, one.amount, exact)
        sheet.write_string(index, 7, one.currency)
        sheet.write_string(index, 8, one.refusal or one.sentence)
    book.close()
    answer = HttpResponse(buffer.getvalue(), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{row}.xlsx"'
    return answer
