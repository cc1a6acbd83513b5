"""The proof of the ledger: what was proved and when, what does not hold, and who said why."""

from collections.abc import Sequence
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse

from nostro.core.acts import Act
from nostro.core.models import label
from nostro.ledger import operations, queries
from nostro.ledger.models import Alarm, Seal, Verification
from nostro.ledger.staff.naming import account_url, entry_url, named, tabs
from nostro.ui.actions import Action, creations, offered
from nostro.ui.addresses import STAFF
from nostro.ui.columns import Column, Date
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Figure, Pill, Why, arithmetic
from nostro.ui.pages import BANNERS, show, staff_page
from nostro.ui.queues import Queue
from nostro.ui.templatetags.nostro import span
from nostro.ui.timeline import NAMES

PROOF_URL = f"{STAFF}ledger/proof/"
TONES = {"open": "bad", "resolved": "ok"}
LOOKED_FOR = 10
"""Seconds for which the pages of staff believe that nothing has changed."""


def _rows(flaws: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each flaw with the account or entry that it is about."""
    ids = {one["account_id"] for one in flaws if one["account_id"]}
    names = named(queries.accounts_by_id(ids).values())
    return [
        {
            **one,
            "account": names.get(one["account_id"], ""),
            "account_url": account_url(one["account_id"]) if one["account_id"] in names else "",
            "entry_url": entry_url(one["entry_id"]) if one["entry_id"] else "",
        }
        for one in flaws
    ]


def _flaws(act: Act, row: Alarm) -> dict[str, Any]:
    return {"flaws": _rows(row.flaws)}


def _resolved_by(row: Alarm) -> str:
    if row.resolved_by is None:
        return "Nobody yet"
    known = NAMES["staff"]({row.resolved_by}) if "staff" in NAMES else {}
    return known.get(row.resolved_by, (f"Colleague {row.resolved_by}", ""))[0]


def _may_resolve(act: Act, row: Alarm) -> str | None:
    if row.status != Alarm.Status.OPEN:
        return None
    holds = queries.holds_since(row.broken_at)
    return "" if holds else "The whole ledger has not been proved since. Prove it first."


def _may_answer(act: Act, row: Alarm) -> str | None:
    """Offered where something sealed is among what does not hold."""
    names = {one["invariant"] for one in row.flaws}
    open_ = row.status == Alarm.Status.OPEN
    return "" if open_ and names & set(queries.OF_SEALS) else None


alarm = DetailPage(
    room="ledger",
    slug="alarms",
    model=Alarm,
    rows=queries.alarms,
    title=lambda row: (
        f"{row} The ledger does not hold"
        if row.status == Alarm.Status.OPEN
        else f"{row} The ledger did not hold"
    ),
    subtitle=lambda row: f"Raised {row.raised_at:%-d %b %Y %H:%M:%S} UTC",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=lambda act, row: [Figure("Flaws", len(row.flaws), tone="bad")],
    panels=[
        template("What does not hold", "ledger/flaws.html", _flaws),
        kv(
            "Alarm",
            [
                Date("raised_at", "Raised"),
                Date("broken_at", "Found broken last"),
                Column(_resolved_by, "Resolved by"),
                Column("reason", "Reason"),
            ],
            side=True,
        ),
    ],
    actions=[
        Action(operations.resolve_alarm, when=_may_resolve),
        Action(operations.answer_seals, when=_may_answer),
    ],
    icon="alert-octagon",
)

Queue(
    Alarm,
    Alarm.Status.OPEN,
    title="Ledger alarms",
    icon="alert-octagon",
    page=PROOF_URL,
    line=lambda row: row.flaws[0]["invariant"] if row.flaws else str(row),
    nothing="The ledger holds.",
)


def _invariants(act: Act, open_alarm: Alarm | None) -> list[dict[str, Any]]:
    """Every invariant, the broken ones first: from the newest whole proof and the open alarm."""
    whole = queries.verifications(act).filter(whole=True).first()
    broken: dict[str, str] = {}
    for said in whole.flaws if whole else []:
        name, _, detail = said.partition(": ")
        broken.setdefault(name, detail)
    if open_alarm and not queries.holds_since(open_alarm.broken_at):
        broken |= {one["invariant"]: one["detail"] for one in open_alarm.flaws}
    checks = [
        {"state": "fail" if name in broken else "ok", "text": name}
        for name in (*queries.INVARIANTS, *queries.OF_SEALS)
    ]
    return sorted(checks, key=lambda one: one["state"] != "fail")


def _held(count: int, broken: int, *, proved: bool) -> Figure:
    """How many invariants hold, once all of the ledger has been proved or one is broken."""
    if not proved and not broken:
        return Figure("Invariants", count, note="not proved over every row yet")
    said = "do not hold" if broken > 1 else "does not hold" if broken else "hold over every row"
    value = broken or f"{count} of {count}"
    return Figure("Invariants", value, note=said, tone="bad" if broken else "ok")


def _of_seal(seal: Seal | None) -> Why | None:
    """What the newest seal is, for whoever holds it against a copy of the log."""
    if seal is None:
        return None
    return arithmetic(
        str(seal),
        ("Entries", f"E-{seal.first} to E-{seal.last}"),
        ("Sealed at", f"{seal.at:%-d %b %Y %H:%M} UTC"),
        ("SHA-256", seal.sha256),
        note="Each digest covers the one before it and stands in the sealed log.",
    )


@staff_page("ledger", "proof", "Proof", may=queries.verifications.name, icon="shield-check")
def proof_view(request: HttpRequest, act: Act) -> HttpResponse:
    """What was proved and when; what does not hold, row by row; proving it now."""
    now_open = queries.alarms(act).filter(status=Alarm.Status.OPEN).first()
    proofs = queries.verifications(act)
    whole = proofs.filter(whole=True).first()
    newest, sealed = proofs.first(), queries.seals(act).first()
    checks = _invariants(act, now_open)
    broken = sum(one["state"] == "fail" for one in checks)
    figures = [
        _held(len(checks), broken, proved=whole is not None),
        Figure("Entries", f"{newest.entries:,}" if newest else "—", note="at the last proof"),
        Figure("All of it", span(act.at - whole.at) if whole else "—",
               note="ago, each night at 3:10" if whole else "each night at 3:10"),
        Figure("Sealed to", f"E-{sealed.last}" if sealed else "—", why=_of_seal(sealed),
               note=f"{span(act.at - sealed.at)} ago" if sealed else "once all of it is proved"),
        Figure("What came since", span(act.at - newest.at) if newest else "—",
               note="ago, every quarter of an hour" if newest else "every quarter of an hour"),
    ]  # fmt: skip
    context = {
        "title": "Proof",
        "sub": "Every invariant of the ledger, over every row. It is only read for this.",
        "views": tabs(act, "Proof"),
        "figures": figures,
        "checks": checks,
        "proved": whole is not None or broken > 0,
        "alarm": now_open,
        "alarm_url": f"{alarm.url}{now_open.pk}/" if now_open else "",
        "flaws": _rows(now_open.flaws) if now_open else [],
        "acts": offered(act, alarm.actions, now_open) if now_open else [],
        "actions": creations(act, [operations.prove_ledger]),
        "topics": f"{label(Alarm)} {label(Verification)} {label(Seal)}",
        "earlier": [
            {"row": one, "url": f"{alarm.url}{one.pk}/", "by": _resolved_by(one)}
            for one in queries.alarms(act).exclude(status=Alarm.Status.OPEN)[:10]
        ],
        "proofs": list(proofs[:12]),
    }
    return show(request, act, "ledger/proofs.html", context)


_KEY = "ledger.alarm"


def banners(act: Act) -> list[dict[str, Any]]:
    """An open alarm, on every page of those who may see the ledger."""
    if not act.actor.may(queries.alarms.name):
        return []
    found: list[dict[str, Any]] | None = caches["memory"].get(_KEY)
    if found is None:
        found = [_banner(one) for one in queries.alarms(act).filter(status=Alarm.Status.OPEN)[:1]]
        caches["memory"].set(_KEY, found, LOOKED_FOR)
    return found


def _banner(row: Alarm) -> dict[str, Any]:
    first = row.flaws[0]["invariant"] if row.flaws else "An invariant"
    more = f", and {len(row.flaws) - 1} more flaws" if len(row.flaws) > 1 else ""
    since = f"{row.raised_at:%-d %b %H:%M} UTC"
    if queries.holds_since(row.broken_at):
        return {
            "tone": "warn", "icon": "shield-check",
            "heading": "The ledger holds again.",
            "text": f"{row} of {since} waits for somebody to say what was wrong.",
            "action": {"title": "Say it", "url": PROOF_URL},
        }  # fmt: skip
    return {
        "tone": "bad", "icon": "alert-octagon",
        "heading": "The ledger does not hold. Do not pay out by its figures.",
        "text": f"“{first}” is broken{more}, found since {since}.",
        "action": {"title": "See what", "url": PROOF_URL},
    }  # fmt: skip


BANNERS.append(banners)


def _names(ids: set[int]) -> dict[int, tuple[str, str]]:
    return {pk: (f"AL-{pk}", f"{alarm.url}{pk}/") for pk in ids}


NAMES[label(Alarm)] = _names
