"""A long history in minutes: rows copied from a few that operations wrote, in sets, by one act."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.test import Client as Browser

from nostro.compliance import operations as compliance
from nostro.core.acts import Act
from nostro.core.models import User
from nostro.core.operations import operation
from nostro.payments import operations as payments
from nostro.reports.events import FiguresRebuilt
from nostro.reports.operations import refresh
from nostro.site.bench.operations.work import Firm, system

COPIED = (
    "core_record", "people_client", "trading_tradingaccount", "payments_deposit",
    "payments_withdrawal", "compliance_application",
)  # fmt: skip
FIRST = 1_000_000
"""Copied rows have numbers of their own, far above those that operations gave."""

GIVEN = (
    "Ada Lotte Farah Joaquim Marta Amara Luca Ines Piotr Elena Marco Sofia Jonas Clara Andrei Mina"
    " Omar Leila Hugo Alice Felix Nora Pavel Vera Tomas Julia Karim Zoe Ivan Olga Paul Emma Milan"
    " Rosa Simon Lena Viktor Dana Anton Greta"
)
STEMS = (
    "Lind Berg Stein Wald Hart Koval Marin Petr Novak Alder Brand Castel Dorn Ekl Fisch Grim Holm"
    " Ibar Jans Kram Lopes Mor Niel Oster Peral Quin Rosen Sand Torre Weiss"
)
ENDS = "mann son ova escu ez sen berg er ski ini ard off ley stad ell witz oni aki ak ander"

COPY = """
INSERT INTO {table} SELECT r.* FROM {table} t, generate_series(1, {many}) AS g,
  LATERAL (SELECT now() - g * interval '{step} seconds' AS at) w,
  LATERAL jsonb_populate_record(t, {changes}) AS r WHERE t.id = {template}
"""

CLIENTS = """jsonb_build_object('id', {first} + g, 'email', 'c' || g || '@copied.example',
  'first_name', ({given})[1 + g % 40], 'last_name', ({stems})[1 + g / 40 % 30] ||
  ({ends})[1 + g / 1200 % 20], 'registered_at', w.at, 'status_at', w.at,
  'status', (ARRAY['active','active','active','registered','in_review'])[1 + g % 5],
  'risk', (ARRAY['low','low','low','medium','low','low','low','low','high'])[1 + g % 9],
  'country', (ARRAY['DE','FR','CY','PL','ES','IT'])[1 + g % 6])"""

DEPOSITS = """jsonb_build_object('id', {first} + g, 'client_id', {first} + 1 + g % {clients},
  'key', 'copied-' || g, 'started_at', w.at, 'settled_at', w.at, 'status_at', w.at,
  'amount', 50 + g % 900)"""

WITHDRAWALS = """jsonb_build_object('id', {first} + g, 'client_id', {first} + 1 + g % {clients},
  'requested_at', w.at, 'status_at', w.at, 'amount', 20 + g % 400,
  'due_at', CASE WHEN g <= 200 THEN w.at + interval '4 hours' END,
  'paid_at', CASE WHEN g > 200 THEN w.at + interval '2 hours' END,
  'status', CASE WHEN g <= 200 THEN 'approval' ELSE 'paid' END)"""

ACCOUNTS = """jsonb_build_object('id', {first} + g, 'client_id', {first} + g, 'login', {first} + g,
  'key', 'copied-' || g, 'requested_at', w.at, 'opened_at', w.at, 'status_at', w.at)"""

APPLICATIONS = """jsonb_build_object('id', {first} + g, 'client_id', {first} + g,
  'status', CASE WHEN g % 500 = 0 THEN 'review' ELSE 'approved' END, 'status_at', w.at,
  'due_at', CASE WHEN g % 500 = 0 THEN w.at + interval '4 hours' END, 'run', 1,
  'failing', CASE WHEN g % 500 = 0 THEN '["name"]'::jsonb ELSE '[]'::jsonb END,
  'answers_sealed', NULL, 'started_at', w.at, 'sent_at', w.at,
  'decided_at', CASE WHEN g % 500 <> 0 THEN w.at END)"""

RECORDS = """
INSERT INTO core_record (id, xid, name, at, written_at, act_id, cause_id, operation, actor_kind,
  actor_id, subject_type, subject_id, client_id, entity_id, data)
SELECT %(first)s + (g - 1) * %(each)s + t.n, pg_current_xact_id()::text::bigint, t.name, w.at, w.at,
  %(act)s, NULL, t.operation, t.actor_kind, t.actor_id, t.subject_type, %(first)s + g,
  %(first)s + g, t.entity_id, t.data
FROM generate_series(1, %(clients)s) AS g,
  (SELECT *, row_number() OVER (ORDER BY id) AS n FROM core_record
    WHERE client_id = %(template)s ORDER BY id LIMIT %(each)s) t,
  LATERAL (SELECT now() - g * interval '150 seconds' - t.n * interval '90 seconds' AS at) w
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
    application = compliance.start_application(system(), firm.registered())

    @operation(internal=True)
    def copy_history(act: Act) -> int:
        """Copy the rows of one client many times over, in sets."""
        act.record(FiguresRebuilt(events), about=None)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        _copy("people_client", client.pk, CLIENTS, clients, 150, clients)
        _copy("trading_tradingaccount", account.pk, ACCOUNTS, clients, 150, clients)
        _copy("payments_deposit", deposit.pk, DEPOSITS, 2 * clients, 75, clients)
        _copy("payments_withdrawal", withdrawal.pk, WITHDRAWALS, clients // 2, 300, clients)
        _copy("compliance_application", application.pk, APPLICATIONS, clients, 150, clients)
        return _copy_records(act.id, client.pk, clients, each)

    with ExitStack() as stack:
        for table in COPIED:
            stack.enter_context(_without_indexes(table))
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
    words = {"given": GIVEN, "stems": STEMS, "ends": ENDS}
    arrays = {name: f"string_to_array('{some}', ' ')" for name, some in words.items()}
    named = changes.format(first=FIRST, clients=clients, **arrays)
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
    """The pages that people have open all day, by their names."""
    client = f"/staff/people/clients/{built.client_id}/"
    return [
        ("my work", "/staff/"),
        ("clients", "/staff/people/clients/"),
        ("clients, searched", "/staff/people/clients/?q=marta+lindm"),
        ("palette", "/palette?q=lindmann"),
        ("a client", client),
        ("a client, money", f"{client}?tab=money"),
        ("withdrawals, one open", f"/staff/payments/withdrawals/?open={FIRST + 100}"),
        ("deposits", "/staff/payments/deposits/"),
        ("deposits, searched", "/staff/payments/deposits/?q=lindmann"),
        ("KYC reviews", "/staff/compliance/reviews/"),
        ("a KYC review", f"/staff/compliance/review/{FIRST + 500}/"),
        ("trading accounts", "/staff/trading/accounts/"),
        ("journal", "/staff/ledger/entries/"),
        ("exposure", "/staff/exposure/now/"),
        ("events", "/staff/core/events/"),
        ("reports", "/staff/reports/dashboard/?days=30"),
    ]
