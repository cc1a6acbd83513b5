"""What anyone can ask about tasks."""

from django.db import models

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.sales.models import Task


@query(finds=Task)
def tasks(act: Act) -> models.QuerySet[Task]:
    """What is to be done about clients, and what was; the newest first."""
    rows = Task.objects.select_related("client", "client__entity", "owner")
    return visible(act.actor, rows.order_by("-made_at", "-id"))
