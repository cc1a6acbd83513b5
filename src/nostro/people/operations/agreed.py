"""What a second person agrees to is what stood there when it was proposed: nothing is put in its
place between the two. And what works through it in the background stops where it is begun again.
"""

from collections.abc import Mapping
from typing import Any

from django.db import models

from nostro.core.acts import Act
from nostro.core.approvals import FIRST
from nostro.core.models import Proposal, label
from nostro.core.operations import Operation
from nostro.core.states import HasStates, WrongState


class BegunAgain(WrongState):
    """What a portion belongs to is no longer worked through: somebody began again, or it ended."""


def check_still(subject: HasStates, status: str) -> None:
    """Refuse a portion of what has left `status` meanwhile. Raises `BegunAgain`."""
    if subject.status != status:
        raise BegunAgain(f"{subject} is {subject.status_label.lower()}.")


def proposed_only_in(name: str, status: str) -> None:
    """The operation `name` is proposed of what stands in `status` alone."""

    def refuse(
        act: Act, wanted: Operation[..., Any], subject: models.Model | None,
        inputs: Mapping[str, Any],
    ) -> None:  # fmt: skip
        if wanted.name == name and isinstance(subject, HasStates) and subject.status != status:
            raise WrongState(f"{subject} is {subject.status_label.lower()}.")

    FIRST.append(refuse)


def check_unchanged(act: Act, name: str, subject: HasStates) -> None:
    """Refuse to carry out `name` where its subject came to its state after that was proposed.

    Nothing is refused to whoever carries it out without a proposal. Raises `WrongState`.
    """
    if act.actor.kind != "staff" or act.actor.id is None:
        return
    carried_out = Proposal.objects.filter(
        operation=name, subject_type=label(subject), subject_id=subject.pk,
        status=Proposal.Status.OPEN, made_at__lt=subject.status_at,
        agreements__staff_id=act.actor.id, agreements__at=act.at,
    )  # fmt: skip
    if carried_out.exists():
        raise WrongState("It was compared again since this was proposed. Propose it anew.")
