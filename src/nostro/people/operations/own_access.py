"""What people change of their own signing in. The change itself is the sign-in library's; that it
happened, to whom and from where, is ours to keep.
"""

from django.db.models import Model

from nostro.core.acts import Act
from nostro.core.models import User
from nostro.core.operations import operation
from nostro.kit.problems import Forbidden
from nostro.people.events import FactorAdded, FactorRemoved, FactorRenewed, PasswordChanged
from nostro.people.models import Client, Staff

ANYBODY = ("staff", "client", "partner")
FACTORS = {"added": FactorAdded, "renewed": FactorRenewed, "removed": FactorRemoved}
PEOPLE: dict[str, type[Client] | type[Staff]] = {User.Kind.CLIENT: Client, User.Kind.STAFF: Staff}


@operation(internal=True, open_to=ANYBODY)
def note_password(act: Act, *, user: User, how: str) -> User:
    """Record that somebody has a new password."""
    act.record(PasswordChanged(how), about=_whose(act, user))
    return user


@operation(internal=True, open_to=ANYBODY)
def note_factor(act: Act, *, user: User, kind: str, what: str) -> User:
    """Record that somebody added, renewed or removed what they sign in with beside a password."""
    act.record(FACTORS[what](kind), about=_whose(act, user))
    return user


def _whose(act: Act, user: User) -> Model:
    """The person whose page tells of it; a partner is known to a higher room by the sign-in."""
    if act.actor.id is None or user.person_id != act.actor.id or user.kind != act.actor.kind:
        raise Forbidden("A sign-in is its owner's.")
    known = PEOPLE.get(user.kind)
    return known.objects.get(pk=user.person_id) if known else user
