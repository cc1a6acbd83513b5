"""A long history in minutes: rows copied from a few that operations wrote, in sets, by one act."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.core.models import User
from nostro.core.operations import operation
from nostro.payments import operations as payments
from nostro.reports.events import FiguresRebuilt
from nostro.reports.operations import refresh
from nostro.site.bench.operations.work import Firm

FIRST = 1_000_000
"""Copied rows have numbers of their own, far above those that operations gave."""

COPY = """
INSERT INTO {table} SELECT r.* FROM {table} t, generate_series(1, {many}) AS g,
  LATERAL (SELECT '2026-11-20'::timestamptz - g * interval '{step} seconds' AS at) w,
  LATERAL jsonb_populate_record(t, {changes}) AS r WHERE t.id = {template}
"""

CLIENTS = """jsonb_build_object('id', {first} + g, 'email', 'c' || g || '@copied.example',
  'first_name', (ARRAY['Ada','Lotte','Farah','Joaquim','Marta','Amara'])[1 + g % 6],
  'last_name', 'Copied ' || g, 'registered_at', w.at, 'status_at', w.at,
  'status', (ARRAY['active','active','active','registered','in_review'])[1 + g % 5],
  'country', (ARRAY['DE','FR','CY','PL','ES','IT'])[1 + g % 6])"""

DEPOSITS = """jsonb_build_object('id', {first} + g, 'client_id', {first} + 1 + g % {clients},
  'key', 'copied-' || g, 'started_at', w.at, 'settled_at', w.at, 'status_at', w.at,
  'amount', 50 + g % 900)"""

WITHDRAWALS = """jsonb_build_object('id', {first} + g, 'client_id', {first} + 1 + g % {clients},
  'requested_at', w.at, 'status_at', w.at, 'amount', 20 + g % 400, 'due_at',
  CASE WHEN g <= 200 THEN w.at + interval '4 hours' END,
  'status', CASE WHEN g <= 200 THEN 'approval' ELSE 'paid' END)"""

ACCOUNTS = """jsonb_build_object('id', {first} + g, 'client_id', {first} + g, 'login', {first} + g,
  'key', 'copied-' || g, 'requested_at', w.at, 'opened_at', w.at, 'status_at', w.at)"""

RECORDS = """
INSERT INTO core_record SELECT r.* FROM
  (SELECT t.*, row_number() OVER (ORDER BY id) AS n FROM core_record t
    WHERE client_id = %(template)s ORDER BY id LIMIT %(each)s) t
  JOIN core_record o ON o.id = t.id, generate_series(1, %(clients)s) AS g,
  LATERAL (SELECT '2026-11-20'::timestamptz - g * interval '150 seconds'
                  + t.n * interval '90 seconds' AS at) w,
  LATERAL jsonb_populate_record(o, jsonb_build_object(
    'id', %(first)s + (g - 1) * %(each)s + t.n, 'xid', pg_current_xact_id()::text::bigint,
    'at', w.at, 'written_at', w.at, 'act_id', %(act)s, 'client_id', %(first)s + g,
    'subject_id', %(first)s + g)) AS r
"""


@dataclass(frozen=True)
class Built:
    """What pages are asked of."""

    browser: Browser
    client_id: int
    clients: int
    events: int

    def follow(self) -> None:
        while refresh(batch=500_000):
            pass


def build(clients: int, events: int) -> Built:
    """A firm made through operations, then its history copied many times over."""
    firm = Firm()
    client, account = firm.clients[0], firm.accounts[0]
    withdrawal, deposit = firm.asked(client), firm.settled(firm.started(client))
    firm.moved(client, account)
    payments.approve_withdrawal(firm.act(), withdrawal)
    each = events // clients
    while _records_of(client.pk) < each:
        firm.settled(firm.started(client))

    @operation(internal=True)
    def copy_history(act: Act) -> int:
        """Copy the rows of one client many times over, in sets."""
        act.record(FiguresRebuilt(events), about=None)
        _copy("people_client", client.pk, CLIENTS, clients, 150, clients)
        _copy("trading_tradingaccount", account.pk, ACCOUNTS, clients, 150, clients)
        _copy("payments_deposit", deposit.pk, DEPOSITS, 2 * clients, 75, clients)
        _copy("payments_withdrawal", withdrawal.pk, WITHDRAWALS, clients // 2, 300, clients)
        return _copy_records(act.id, client.pk, clients, each)

    with _without_indexes("core_record"):
        copy_history(Act.system())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    settings.NOSTRO_REQUIRE_MFA = False
    browser = Browser(HTTP_HOST="localhost")
    user = User.objects.get(kind="staff", person_id=firm.staff.pk)
    browser.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return Built(browser, FIRST + clients // 2, clients, clients * each)


def _records_of(client_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_record WHERE client_id = %s", [client_id])
        return int(cursor.fetchone()[0])


def _copy(table: str, template: int, changes: str, many: int, step: int, clients: int) -> None:
    named = changes.format(first=FIRST, clients=clients)
    sql = COPY.format(table=table, template=template, changes=named, many=many, step=step)
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _copy_records(act: UUID, template: int, clients: int, each: int) -> int:
    given: dict[str, Any] = {"act": act, "template": template, "clients": clients}
    with connection.cursor() as cursor:
        cursor.execute(RECORDS, given | {"each": each, "first": FIRST})
        return int(cursor.rowcount)


@contextmanager
def _without_indexes(table: str) -> Iterator[None]:
    """A table's indexes are made once at the end, instead of row by row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s"
            " AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
            [table],
        )
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f'DROP INDEX "{name}"')
    yield
    with connection.cursor() as cursor:
        for _, made in found:
            cursor.execute(made)


def pages(built: Built) -> list[tuple[str, str]]:
    """The ten pages by their names."""
    client = f"/staff/people/clients/{built.client_id}/"
    return [
        ("my work", "/staff/"),
        ("clients", "/staff/people/clients/"),
        ("clients, searched", "/staff/people/clients/?q=Copied+5000"),
        ("a client", client),
        ("a client, money", f"{client}?tab=money"),
        ("deposits", "/staff/payments/deposits/"),
        ("withdrawals", "/staff/payments/withdrawals/"),
        ("transfers", "/staff/payments/transfers/"),
        ("events", "/staff/core/events/"),
        ("reports", "/staff/reports/dashboard/?days=30"),
    ]
