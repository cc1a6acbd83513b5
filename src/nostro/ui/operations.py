"""What people do with the pages themselves: keep a view, take data out, sign in, end a session."""

from typing import Any

from django.contrib.sessions.models import Session

from nostro.core.acts import Act
from nostro.core.models import User
from nostro.core.operations import operation
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.ui.events import Exported, HomeArranged, SessionEnded, SignedIn, ViewDeleted, ViewSaved
from nostro.ui.models import Arrangement, SavedView, SignIn

EXPORT_LIMIT = 200_000
MOST_PARTS = 200


class NameTaken(Problem):
    """One person has one view of a name on one page."""


class TooMuch(Problem):
    """More rows than one file should hold."""


@operation(icon="bookmark", title="Save view", verb="Save", open_to=("staff",))
def save_view(act: Act, *, page: str, name: str, query: str = "") -> SavedView:
    """Keep these filters under a name. Only you see it."""
    if act.actor.kind != "staff" or act.actor.id is None:
        raise Forbidden("Only staff save views.")
    if len(name) > 60 or len(query) > 1000:
        raise Problem("That name is too long.", field="name")
    view, made = SavedView.objects.get_or_create(
        staff_id=act.actor.id, page=page, name=name, defaults={"query": query, "made_at": act.at}
    )
    if not made:
        raise NameTaken("You have a view of this name. Choose another.", field="name")
    act.record(ViewSaved(page), about=view)
    return view


@operation(icon="trash", confirm="The rows in it stay.", open_to=("staff",))
def delete_view(act: Act, view: SavedView) -> None:
    """Delete one of your views."""
    if not act.actor.is_same_person("staff", view.staff_id):
        raise NotFound("There is no such view.")
    act.record(ViewDeleted(view.page), about=view)
    view.delete()


@operation(icon="adjustments-horizontal", title="Arrange my home", open_to=("staff",))
def arrange_home(act: Act, *, order: list[str], hidden: list[str]) -> Arrangement:
    """Say which queues and parts your home shows, and in which order its queues stand."""
    if act.actor.kind != "staff" or act.actor.id is None:
        raise Forbidden("Only staff have this home.")
    if max(len(order), len(hidden)) > MOST_PARTS or any(len(one) > 100 for one in order + hidden):
        raise Problem("A home has no such parts.", field="order")
    made, _ = Arrangement.objects.update_or_create(
        staff_id=act.actor.id, defaults={"order": order, "hidden": hidden}
    )
    act.record(HomeArranged(len(hidden)), about=made)
    return made


@operation(internal=True)
def export_rows(act: Act, *, page: str, rows: int, filters: dict[str, Any], form: str) -> None:
    """Take the rows of a list out of the house, as a file."""
    if rows > EXPORT_LIMIT:
        raise TooMuch(f"{rows:,} rows are too many for one file. Filter the list first.")
    act.record(Exported(page, rows, filters, form), about=None)


@operation(internal=True, open_to=("staff", "client", "partner"))
def note_sign_in(act: Act, *, user: User, session_key: str) -> SignIn:
    """Remember a session, so that its owner can see it and end it."""
    if act.actor.id is None or user.person_id != act.actor.id:
        raise Forbidden("A sign-in is its owner's.")
    sign_in = SignIn.objects.create(
        user=user, kind=act.actor.kind, person_id=act.actor.id, session_key=session_key,
        address=act.address, device=act.device, at=act.at,
    )  # fmt: skip
    act.record(SignedIn(sign_in.pk), about=sign_in)
    return sign_in


@operation(icon="logout", verb="End", open_to=("staff", "client", "partner"))
def end_session(act: Act, sign_in: SignIn) -> SignIn:
    """Sign this device out. Whoever uses it has to sign in again."""
    if not act.actor.is_same_person(sign_in.kind, sign_in.person_id):
        raise NotFound("There is no such session.")
    Session.objects.filter(session_key=sign_in.session_key).delete()
    sign_in.ended_at = act.at
    sign_in.save(update_fields=["ended_at"])
    act.record(SessionEnded(sign_in.pk), about=sign_in)
    return sign_in
