"""Accounts that stood on a platform before: whose each is, and what keeps it from being taken over.

Some hundred rows are judged in the same few statements as one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat, Power

from nostro.core.access import Actor, Scope, visible
from nostro.core.acts import Act
from nostro.core.identity import actor_of
from nostro.core.models import User
from nostro.core.queries import query
from nostro.kit.problems import Forbidden
from nostro.ledger.models import Asset, Balance
from nostro.people.models import Client
from nostro.trading.models import (
    BalanceBreak,
    Group,
    Platform,
    Takeover,
    TakeoverRow,
    TradingAccount,
)
from nostro.trading.ports import PlatformAccount
from nostro.trading.queries.deriving import BALANCE, CREDIT, Place, deals_sums

Row = TakeoverRow.Status
ALWAYS = datetime.max.replace(tzinfo=UTC)
ENDED = (Client.Status.REFUSED, Client.Status.CLOSED)


@query(finds=Takeover)
def takeovers(act: Act) -> models.QuerySet[Takeover]:
    """Takeovers of accounts, newest first; where only some clients are seen, one's own."""
    rows = Takeover.objects.select_related("platform", "stored").order_by("-made_at", "-id")
    if act.actor.kind == "staff" and act.actor.grants.scope != Scope():
        return rows.filter(maker_id=act.actor.id)
    return rows


@query(finds=TakeoverRow)
def takeover_rows(act: Act) -> models.QuerySet[TakeoverRow]:
    """Logins of takeovers with what becomes of each. Those without a client are seen by whoever
    sees every client.
    """
    rows = TakeoverRow.objects.select_related("takeover__platform", "client", "account__platform")
    return visible(act.actor, rows, client="client__").order_by("takeover", "number")


@dataclass(frozen=True)
class Counts:
    """How many rows of a takeover stand where."""

    chosen: int = 0
    planned: int = 0
    refused: int = 0
    left: int = 0
    done: int = 0

    @property
    def total(self) -> int:
        return self.chosen + self.planned + self.refused + self.left + self.done


def takeover_counts(rows: Sequence[Takeover]) -> dict[int, Counts]:
    """Takeover → how its rows stand. One statement."""
    of = TakeoverRow.objects.filter(takeover__in=rows).order_by()
    found: dict[int, dict[str, int]] = {one.pk: {} for one in rows}
    for pk, status, many in of.values_list("takeover", "status").annotate(many=Count("pk")):
        found[pk][status] = many
    return {pk: Counts(**counts) for pk, counts in found.items()}


def next_takeover_rows(takeover: Takeover, status: str, most: int) -> list[TakeoverRow]:
    return list(takeover.rows.filter(status=status).order_by("number")[:most])


def takeover_totals(takeover: Takeover) -> list[Any]:
    """By currency: accounts that are or were taken over, their balances, credits, open trades."""
    rows = takeover.rows.filter(status__in=[Row.PLANNED, Row.DONE]).order_by("currency")
    return list(
        rows.values("currency").annotate(
            accounts=Count("pk"), balances=Sum("balance"), credits=Sum("credit"),
            trades=Sum("positions"),
        )
    )  # fmt: skip


def takeover_reasons(takeover: Takeover) -> list[tuple[str, int]]:
    """Why rows are refused or nobody's, the most frequent sentence first."""
    rows = takeover.rows.filter(status__in=[Row.REFUSED, Row.LEFT]).order_by()
    found = rows.values_list("said").annotate(many=Count("pk")).order_by("-many", "said")
    return list(found[:12])


def owned(platform: Platform) -> set[int]:
    """The logins of a platform that are somebody's here."""
    rows = TradingAccount.objects.filter(platform=platform, login__isnull=False)
    return {one for one in rows.values_list("login", flat=True) if one is not None}


@dataclass(frozen=True)
class Standing:
    """An account as the platform shows it. `steady` is one whose figures did not move while its
    deals were read: only then do these have to add up to them.
    """

    account: PlatformAccount
    positions: int
    steady: bool


@dataclass(frozen=True)
class Judged:
    """What becomes of a row, with what was found of it."""

    row: TakeoverRow
    status: str
    said: str = ""
    client: Client | None = None
    group: Group | None = None
    standing: Standing | None = None


@dataclass
class _Known:
    """What is looked up once for all rows of a portion."""

    owners: Mapping[int, TradingAccount]
    groups: Mapping[str, Group]
    assets: set[str]
    sums: Mapping[Place, Decimal]
    by_number: Mapping[int, Client] = field(default_factory=dict)
    by_external: Mapping[str, Client] = field(default_factory=dict)
    by_email: Mapping[str, Client] = field(default_factory=dict)


def judge(
    takeover: Takeover, rows: Sequence[TakeoverRow], seen: Mapping[int, Standing]
) -> list[Judged]:
    """What would become of rows that have a login, as the platform shows them: `seen`, by login."""
    known = _known(takeover, rows, seen)
    return [_judged(takeover, row, seen.get(row.login or 0), known) for row in rows]


def _known(takeover: Takeover, rows: Sequence[TakeoverRow], seen: Mapping[int, Standing]) -> _Known:
    logins = [one.login for one in rows if one.login is not None]
    owners = TradingAccount.objects.filter(platform=takeover.platform_id, login__in=logins)
    groups = Group.objects.filter(platform=takeover.platform_id).select_related("entity")
    known = _Known(
        {one.login or 0: one for one in owners.select_related("client")},
        {one.path: one for one in groups},
        set(Asset.objects.values_list("code", flat=True)),
        deals_sums(takeover.platform, logins, ALWAYS),
    )
    names = [one.named for one in rows if one.named]
    accounts = [one.account for one in seen.values()]
    codes = [one.client_code for one in accounts if one.client_code]
    texts = {one.strip() for one in (*names, *codes)}
    emails = {one.lower() for one in texts if "@" in one} | {
        one.email.strip().lower() for one in accounts if one.email
    }
    numbers = {number for one in texts if (number := our_number(one))}
    held = {one.client_id for one in rows if one.client_id}
    found = visible(eyes(takeover), Client.objects.all(), client="").filter(
        Q(pk__in=numbers | held) | Q(external_number__in=texts - {""}) | Q(email__in=emails)
    )
    people = list(found.select_related("entity"))
    known.by_number = {one.pk: one for one in people}
    known.by_external = {one.external_number: one for one in people if one.external_number}
    known.by_email = {one.email: one for one in people}
    return known


def eyes(takeover: Takeover) -> Actor:
    """Whoever prepared it: only clients they may see are found."""
    if takeover.maker_id is None:
        return Act.system().actor
    user = User.objects.filter(kind=User.Kind.STAFF, person_id=takeover.maker_id).first()
    if user is None:
        raise Forbidden("Whoever prepared it cannot sign in any more.")
    return actor_of(user)


def our_number(text: str) -> int:
    """20418 of C-20418; nothing of anything else."""
    digits = text.strip().upper().removeprefix("C-")
    fits = digits != text.strip().upper() and digits.isascii() and digits.isdecimal()
    return int(digits) if fits and len(digits) < 19 else 0


def _judged(
    takeover: Takeover, row: TakeoverRow, standing: Standing | None, known: _Known
) -> Judged:
    if row.said and row.login is None:
        return Judged(row, Row.REFUSED, row.said)
    if standing is None:
        return Judged(row, Row.REFUSED, f"There is no such login on {takeover.platform}.")
    there = standing.account
    group = known.groups.get(there.group)
    owner = known.owners.get(there.login)
    if owner is not None:
        said = f"It is the account of {owner.client} already."
        return Judged(row, Row.REFUSED, said, owner.client, group, standing)
    client, said = _whose(takeover, row, there, known)
    if client is None:
        alone = takeover.stored_id is None or row.said == IN_NO_LINE
        return Judged(row, Row.LEFT if alone else Row.REFUSED, said, None, group, standing)
    said = _against(client, group, standing, known)
    return Judged(row, Row.REFUSED if said else Row.PLANNED, said, client, group, standing)


NO_CLIENT = "There is no such client, or none you may see."
IN_NO_LINE = "It stands on the platform, and in no line of the file."


def _whose(
    takeover: Takeover, row: TakeoverRow, there: PlatformAccount, known: _Known
) -> tuple[Client | None, str]:
    """The client of a row, or why none is found."""
    if row.said == IN_NO_LINE:
        return None, IN_NO_LINE
    if row.client_id is not None and row.client_id in known.by_number:
        return known.by_number[row.client_id], ""
    if takeover.stored_id is not None:
        return _one(row.named, known)
    code = there.client_code.strip()
    by_code, said = _one(code, known)
    if by_code is None and (said != NO_CLIENT or our_number(code)):
        return None, said if said != NO_CLIENT else (
            f"The platform keeps {code}, and there is no such client, or none you may see. "
            "Say in a file whose it is."
        )
    by_email, said = _one(there.email, known)
    if by_email is None and said != NO_CLIENT:
        return None, said
    if by_code is not None and there.email and by_code != by_email:
        return None, (
            f"The platform keeps the number of {by_code} and another e-mail address than theirs. "
            "Say in a file whose it is."
        )
    found = by_code or by_email
    return found, "" if found else "The platform keeps no number and no e-mail of a client of ours."


def _one(text: str, known: _Known) -> tuple[Client | None, str]:
    """The one client whose number with us, number elsewhere or e-mail address it is; or why not."""
    word = text.strip()
    if not word:
        return None, NO_CLIENT
    hits = (
        known.by_number.get(our_number(word)), known.by_external.get(word),
        known.by_email.get(word.lower()),
    )  # fmt: skip
    found = {one.pk: one for one in hits if one is not None}
    if len(found) > 1:
        if "@" in word:
            return None, "This is one client’s e-mail address and another’s number elsewhere."
        return None, f"{word[:40]} is one client’s number with us and another’s elsewhere."
    return next(iter(found.values()), None), "" if found else NO_CLIENT


def _against(client: Client, group: Group | None, standing: Standing, known: _Known) -> str:
    """What keeps an account from being taken over; nothing where it can be."""
    there = standing.account
    if group is None:
        return (
            f"Its group {there.group} is not mapped: say on the platform’s page under which "
            "licence it is."
        )
    if group.currency not in known.assets:
        return f"The ledger does not keep {group.currency}. Add the asset first."
    if group.entity_id != client.entity_id:
        return f"Its group is one of {group.entity}, and {client} is a client of {client.entity}."
    if client.status in ENDED:
        return f"{client} is {client.status_label.lower()}."
    if there.credit < 0:
        return f"It has a credit below zero, {there.credit:f}. Set it right on the platform first."
    if not standing.steady:
        return ""
    for kind, shown in ((BALANCE, there.balance), (CREDIT, there.credit)):
        made = known.sums.get((there.login, kind), Decimal(0))
        if _cents(made, group) != _cents(shown, group):
            return (
                f"The platform shows a {kind} of {_cents(shown, group)}, and its deals make "
                f"{_cents(made, group)}. Have the balance checked there first."
            )
    return ""


def _cents(amount: Decimal, group: Group) -> Any:
    return TradingAccount(currency=group.currency).money(amount)


EXACT = models.DecimalField(max_digits=40, decimal_places=18)


@query
def takeover_figures(act: Act) -> models.QuerySet[TakeoverRow]:
    """Accounts that were taken over, each with the balance that the ledger holds (`held`), the one
    that its platform shows (`shown`), how these differ (`apart`), and how many `breaks` stand on
    it. It `agrees` where there is neither.
    """
    path = Concat(
        Value("client/"), Cast("client", models.TextField()), Value("/trading/"),
        F("takeover__platform__slug"), Value("/"), Cast("login", models.TextField()),
        output_field=models.TextField(),
    )  # fmt: skip
    unit = Power(Cast(Value(10), EXACT), F("account__asset__scale"))
    stands = Balance.objects.filter(
        account__path=OuterRef("path"), account__asset=OuterRef("currency")
    ).annotate(amount=models.ExpressionWrapper((F("credits") - F("debits")) / unit, EXACT))
    breaks = BalanceBreak.objects.filter(account=OuterRef("account"), healed_at=None).order_by()
    many = breaks.values("account").annotate(many=Count("pk")).values("many")
    rows = takeover_rows(act).filter(status=Row.DONE, account__practice=False)
    held = Coalesce(Subquery(stands.values("amount")[:1]), Value(0), output_field=EXACT)
    found = rows.annotate(path=path).annotate(held=held).annotate(
        shown=F("account__balance"), breaks=Coalesce(Subquery(many[:1]), 0),
        apart=models.ExpressionWrapper(F("account__balance") - F("held"), EXACT),
    )  # fmt: skip
    same = models.Q(apart=0, breaks=0)
    return found.annotate(agrees=models.ExpressionWrapper(same, models.BooleanField()))
