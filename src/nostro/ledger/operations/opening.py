"""Opening balances: read first, posted by a second person, and each file once.

The other side of every line is `house/opening`, which stands at nothing once all of a firm's
accounts are in.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, time

from nostro.core.acts import Act
from nostro.core.approvals import BY_OTHERS
from nostro.core.files import Upload, read, store
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, Problem
from nostro.ledger.chart import house_opening
from nostro.ledger.events import OpeningDropped, OpeningPosted, OpeningRead
from nostro.ledger.models import Opening
from nostro.ledger.opening import OpeningLine
from nostro.ledger.operations.by_hand import ReasonNeeded
from nostro.ledger.operations.posting import Move, Posting, post_many
from nostro.ledger.queries.opening import opening_report


class ReadAlready(Problem):
    """The same file again changes nothing."""

    status = 409


class NotClean(Problem):
    """Nothing is posted unless every line is right."""

    status = 409


@operation(title="Read opening balances", verb="Read", icon="file-import", lock=False)
def read_opening(act: Act, *, file: Upload, day: date, entity_id: int | None = None) -> Opening:
    """Read what stood on accounts at the end of a day. Nothing is posted yet."""
    scope = act.actor.grants.scope.entities
    if act.actor.kind != "system" and scope is not None and entity_id not in scope:
        raise Forbidden("Choose one of your legal entities.", field="entity_id")
    if day > act.at.date():
        raise Problem("Balances of a day to come are not known yet.", field="day")
    digest = hashlib.sha256(file.content).hexdigest()
    known = Opening.objects.filter(sha256=digest).first()
    if known is not None:
        said = f"This file was read before, as {known}. Nothing has changed."
        raise ReadAlready(said, field="file")
    report = opening_report(act, file.content, entity_id=entity_id)
    opening = Opening.objects.create(
        sha256=digest, entity_id=entity_id, day=day, read_by=act.actor.id,
        stored=store(act, replace(file, content_type="text/csv"), client_id=None),
        status=Opening.Status.CLEAN if report.clean else Opening.Status.FAULTY, **report.kept(),
    )  # fmt: skip
    act.record(OpeningRead(report.lines, report.faulty), about=opening)
    return opening


@operation(title="Check again", icon="refresh")
def check_opening(act: Act, opening: Opening) -> Opening:
    """Read the same file again: what it lacked may be there now."""
    _waiting(opening)
    report = opening_report(act, read(opening.stored), entity_id=opening.entity_id)
    status = Opening.Status.CLEAN if report.clean else Opening.Status.FAULTY
    opening.move_to(status, **report.kept())
    act.record(OpeningRead(opening.lines, opening.faulty), about=opening)
    return opening


@operation(title="Post opening balances", verb="Post", icon="file-import",
           confirm="A second person has to agree.")  # fmt: skip
def post_opening(act: Act, opening: Opening) -> Opening:
    """Post every line of a clean file against house/opening, all or none, and once."""
    _waiting(opening)
    report = opening_report(act, read(opening.stored), entity_id=opening.entity_id)
    if report.sha256 != opening.sha256:
        raise NotClean("The file is not the one that was read.")
    if not report.clean:
        first = report.faults[0]
        raise NotClean(
            f"{report.faulty} lines are not right any more: line {first.line}, {first.column}:"
            f" {first.says} Check the file again."
        )
    ended = datetime.combine(opening.day, time(23, 59, 59), UTC)
    at = min(ended, act.at)
    entries = post_many(act, [_posting(opening, one, at) for one in report.ready])
    opening.move_to(Opening.Status.POSTED, posted_at=act.at)
    act.record(OpeningPosted(len(entries), min(entries), max(entries)), about=opening)
    return opening


BY_OTHERS.add(post_opening.name)


@operation(title="Drop", icon="x", tone="refuse")
def drop_opening(act: Act, opening: Opening, *, reason: str) -> Opening:
    """Put a file aside that is not going to be posted."""
    if not reason.strip():
        raise ReasonNeeded("Say why this file is not posted.", field="reason")
    opening.move_to(Opening.Status.DROPPED)
    act.record(OpeningDropped(reason.strip()), about=opening)
    return opening


def _waiting(opening: Opening) -> None:
    if opening.status not in (Opening.Status.CLEAN, Opening.Status.FAULTY):
        raise WrongState(f"{opening} is {opening.status_label.lower()} already.")


def _posting(opening: Opening, line: OpeningLine, at: datetime) -> Posting:
    """One line as an entry, at the end of its day."""
    money, house = line.money, house_opening()
    pair = (house, line.account) if money.amount > 0 else (line.account, house)
    text = f"Opening balance{f' {line.reference}' if line.reference else ''}"
    return Posting(
        text, [Move(abs(money), *pair)], f"opening/{opening.sha256}/{line.number}", "opening",
        opening.entity_id, at,
    )  # fmt: skip
