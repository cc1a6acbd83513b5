"""Why money was moved by hand: the reason and the evidence before whoever agrees, on the account,
and on the entry ever after; the reason of a refusal beside it.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse

from nostro.core import approvals, log
from nostro.core.acts import Act
from nostro.core.files import read
from nostro.core.models import Proposal, Record, label
from nostro.core.queries import find
from nostro.kit.problems import Forbidden, NotFound
from nostro.ledger import operations, queries
from nostro.ledger.events import Adjusted, EntryReversed
from nostro.ledger.models import Entry, Evidence, LedgerAccount
from nostro.ui.additions import extend
from nostro.ui.addresses import STAFF, url_of
from nostro.ui.details import DetailPage, template
from nostro.ui.pages import fresh, staff_page
from nostro.ui.timeline import NAMES

ADJUST = "ledger.adjust"
BY_HAND = (ADJUST, "ledger.reverse_entry")
"""What nobody calls: it is carried out by those who agree."""
TOLD = (Adjusted.name, EntryReversed.name)
STATUS = {"open": "wait", "done": "ok", "refused": "bad", "withdrawn": "line"}
SANDBOX = "default-src 'none'; sandbox"


def _who(kind: str, pk: int | None) -> str:
    known = NAMES[kind]({pk}) if kind in NAMES and pk is not None else {}
    return known.get(pk or 0, (f"{kind.capitalize()} {pk or ''}".strip(), ""))[0]


def _shown(act: Act, evidence_id: int | None) -> dict[str, Any]:
    """One piece of evidence as its part draws it; a sentence where there is none to be seen."""
    if evidence_id is None:
        return {"nothing": "Nothing was attached. The entry itself is what it is about."}
    try:
        row = queries.evidence(act).filter(pk=evidence_id).first()
    except Forbidden:
        row = None
    if row is None:
        return {"nothing": "There is evidence, and your role does not include it."}
    return {"evidence": row, **_drawn(row)}


def _drawn(row: Evidence) -> dict[str, Any]:
    """Its file, or the thing that it points to by name."""
    kind, pk = row.subject_type, row.subject_id
    known = NAMES[kind]({pk}) if kind in NAMES and pk is not None else {}
    word = kind.partition(".")[2].capitalize() if kind else ""
    name, url = known.get(pk or 0, (f"{word} {pk}" if pk else "", ""))
    if kind == label(Record):
        name, url = f"Event {pk}", f"{STAFF}core/events/?open={pk}"
    return {
        "kept_by": _who("staff", row.kept_by),
        "name": name,
        "url": url,
        "file_url": f"{STAFF}ledger/evidence-files/{row.pk}/" if row.stored else "",
        "is_picture": bool(row.stored and row.stored.content_type.startswith("image/")),
    }


def _words(proposal: Proposal) -> list[dict[str, Any]]:
    """Who agreed and who refused, each with what they said."""
    return [
        {"who": _who("staff", one.staff_id), "agrees": one.agrees, "note": one.note, "at": one.at}
        for one in proposal.agreements.order_by("at")
    ]


def _of_proposal(act: Act, row: Proposal) -> dict[str, Any] | None:
    if row.operation not in BY_HAND:
        return None
    return {"reason": row.inputs.get("reason", ""), **_shown(act, row.inputs.get("evidence"))}


def _of_entry(act: Act, row: Entry) -> dict[str, Any] | None:
    """What the event of an adjustment or a reversal said, and who agreed to it."""
    if not act.actor.may(log.records.name):
        return None
    same = log.records(act).filter(act_id=row.act)
    told = same.filter(name__in=TOLD).first()
    if told is None:
        return None
    agreed = same.filter(subject_type=label(Proposal)).order_by("pk").first()
    proposals = approvals.proposals(act) if act.actor.may(approvals.proposals.name) else None
    proposal = None
    if proposals is not None and agreed is not None and agreed.subject_id is not None:
        proposal = proposals.filter(pk=agreed.subject_id).first()
    return {
        "reason": told.data.get("reason", ""),
        "proposal": proposal,
        "proposal_url": url_of(proposal) if proposal else "",
        "maker": _who(proposal.maker_kind, proposal.maker_id) if proposal else "",
        "words": _words(proposal) if proposal else [],
        **_shown(act, told.data.get("evidence_id")),
    }


def _of_account(act: Act, row: LedgerAccount) -> dict[str, Any] | None:
    """What was proposed for an account, with the reason beside each refusal."""
    if not act.actor.may(approvals.proposals.name):
        return None
    found = approvals.proposals(act).filter(
        subject_type=label(row), subject_id=row.pk, operation=ADJUST
    )[:6]
    return {
        "proposals": [
            {
                "row": one, "url": url_of(one), "tone": STATUS[one.status],
                "money": one.inputs["money"], "way": one.inputs["way"],
                "maker": _who(one.maker_kind, one.maker_id),
                "refusals": [word for word in _words(one) if not word["agrees"]],
            }
            for one in found
        ]
    }  # fmt: skip


extend(
    "core.proposal",
    panels=[template("Evidence", "ledger/evidence.html", _of_proposal, side=True)],
)
extend("ledger.entry", place=10, panels=[template("Why by hand", "ledger/why.html", _of_entry)])
extend(
    "ledger.ledgeraccount",
    panels=[template("Proposed by hand", "ledger/proposed.html", _of_account)],
)

evidence = DetailPage(
    room="ledger",
    slug="evidence",
    model=Evidence,
    rows=queries.evidence,
    subtitle=lambda row: f"Kept {row.kept_at:%-d %b %Y %H:%M} UTC",
    panels=[template("Evidence", "ledger/evidence.html", lambda act, row: _shown(act, row.pk))],
    icon="paperclip",
)


@staff_page("ledger", "evidence-files", "", may=operations.show_evidence.name, path="<int:pk>/")
def file_view(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """The file behind an adjustment. Nothing in it may run, and nobody keeps it."""
    row = find(act, Evidence, pk)
    once = f"evidence/{row.pk}/{act.at:%Y-%m-%d}"
    seen = operations.show_evidence(fresh(act, once), row)
    stored = seen.stored
    if stored is None:
        raise NotFound("There is no file with this evidence.")
    answer = HttpResponse(read(stored), content_type=stored.content_type)
    shown = "inline" if stored.content_type.startswith("image/") else "attachment"
    answer["Content-Disposition"] = f'{shown}; filename="EV-{row.pk}-{stored.name}"'
    answer["Cache-Control"] = "no-store, private"
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def _names(ids: set[int]) -> dict[int, tuple[str, str]]:
    return {pk: (f"EV-{pk}", f"{evidence.url}{pk}/") for pk in ids}


NAMES[label(Evidence)] = _names
