"""How the house is: each component with its state and a sentence, for people and for monitors.

`/healthz` answers 503 only where the house cannot work at all, and names what is merely late. With
whom the firm works it tells its staff and whoever bears the token; others read "platform 1".
A question never proves the ledger, which reads all of it: the newest proof answers.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from hmac import compare_digest

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from nostro.core import jobs
from nostro.core.acts import Act, now
from nostro.core.models import Checkpoint, Record, User
from nostro.core.shelves import SHELVES
from nostro.kit.problems import Problem
from nostro.ledger import queries as ledger_queries
from nostro.ledger.models import Alarm, Entry, Verification
from nostro.site.connections import State, connections

HEARD_WITHIN = 60
SEALED_WITHIN = timedelta(minutes=5)
PROVED_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Component:
    """One part of the house: `late` is a warning, `broken` needs somebody now."""

    state: State
    sentence: str


def database() -> Component:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        version = cursor.fetchone()[0]
    return Component("ok", f"PostgreSQL {version} answers.")


def queue() -> Component:
    found = jobs.health()
    if found.failed:
        said = f"{found.failed} jobs were given up. Mend what failed, then: nostro work --again."
        return Component("broken", said)
    if (found.oldest_seconds or 0) > 300:
        return Component("late", f"A job has been due for {found.oldest_seconds} seconds.")
    return Component("ok", f"{found.due} jobs are due.")


def worker() -> Component:
    heard = jobs.health().heartbeat_seconds
    if heard is None:
        return Component("late", "No worker has been heard. Start one: nostro work.")
    state: State = "ok" if heard <= HEARD_WITHIN else "late"
    return Component(state, f"A worker was heard {heard} seconds ago.")


def connectors() -> dict[str, str]:
    """Each connection on each shelf: `shelf/slug` → its flaw, or nothing where it can be made."""
    found = {}
    for shelf in SHELVES.values():
        for slug in shelf.slugs():
            try:
                shelf.take(slug)
            except (Problem, ValueError) as error:
                found[f"{shelf.name}/{slug}"] = str(error).splitlines()[0]
            else:
                found[f"{shelf.name}/{slug}"] = ""
    return found


def shelves() -> Component:
    made = connectors()
    flawed = [name for name, flaw in made.items() if flaw]
    if flawed:
        return Component("broken", f"The settings of {', '.join(flawed)} do not work.")
    return Component("ok", f"{len(made)} connections on {len(SHELVES)} shelves.")


def seal() -> Component:
    newest = Record.objects.order_by("-id").first()
    checkpoint = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return Component("ok", "The log is empty.")
    sealed_at = checkpoint.at if checkpoint else None
    unsealed = sealed_at is None or newest.written_at > sealed_at
    if unsealed and now() - newest.written_at > SEALED_WITHIN:
        return Component("late", "The log has not been sealed for more than five minutes.")
    return Component("ok", f"Sealed up to {checkpoint.size if checkpoint else 0} records.")


def ledger() -> Component:
    """The proof as of now, and an alarm that nobody has answered for yet."""
    alarm = Alarm.objects.filter(status=Alarm.Status.OPEN).first()
    if alarm is None:
        return _proof()
    since = f"{alarm} is open since {alarm.raised_at:%-d %b %H:%M} UTC"
    if ledger_queries.holds_since(alarm.broken_at):
        said = f"It holds again; {since} and waits for somebody to say why: /staff/ledger/proof/"
        return Component("late", said)
    first = alarm.flaws[0]["invariant"] if alarm.flaws else "An invariant"
    return Component("broken", f"{first}: this does not hold. {since}: /staff/ledger/proof/")


def _proof() -> Component:
    """What the newest proof said: the worker makes one each quarter of an hour."""
    newest = Verification.objects.order_by("-at").first()
    if newest is None:
        posted = Entry.objects.exists()
        return Component("late", "Not proved yet.") if posted else Component("ok", "It is empty.")
    if newest.flaws:
        return Component("broken", f"{newest.flaws[0]['invariant']}: this does not hold.")
    said = f"Every invariant held on {newest.at:%-d %b at %H:%M} UTC."
    return Component("ok" if now() - newest.at < PROVED_WITHIN else "late", said)


COMPONENTS: dict[str, Callable[[], Component]] = {
    "database": database, "queue": queue, "worker": worker, "shelves": shelves, "seal": seal,
    "ledger": ledger,
}  # fmt: skip


def examined() -> dict[str, Component]:
    """Every component, each asked even where another is broken."""
    found = {}
    for name, ask in COMPONENTS.items():
        try:
            found[name] = ask()
        except DatabaseError as error:
            found[name] = Component("broken", str(error).splitlines()[0])
    return found


def connected(*, named: bool = True) -> dict[str, Component]:
    """Every platform, payment provider, bank account and liquidity provider by its name."""
    found = connections(Act.system(), named=named)
    return {name: Component(state, sentence) for name, state, sentence in found}


def may_know_names(request: HttpRequest) -> bool:
    """With whom a firm works is told to its staff, and to a monitor that bears the token."""
    word, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.NOSTRO_HEALTH_TOKEN
    if wanted and word == "Bearer" and compare_digest(given.encode(), wanted.encode()):
        return True
    return getattr(request.user, "kind", "") == User.Kind.STAFF


def healthz(request: HttpRequest) -> JsonResponse:
    """How the house is, as JSON."""
    components = examined()
    alive = components["database"].state == "ok"
    named = alive and may_know_names(request)
    if not named and components["shelves"].state == "broken":
        components["shelves"] = Component("broken", "The settings of a connection do not work.")
    outside = connected(named=named) if alive else {}
    states = {one.state for one in (*components.values(), *outside.values())}
    worst = next(state for state in ("broken", "late", "ok") if state in states)
    body = {
        "status": worst,
        "at": now().isoformat(),
        "components": {name: asdict(one) for name, one in components.items()},
        "connections": {name: asdict(one) for name, one in outside.items()},
    }
    return JsonResponse(body, status=200 if alive else 503)
