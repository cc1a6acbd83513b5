"""Money that one client gives to another client of the same firm."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates, Wait
from nostro.payments.models.amounts import Amount
from nostro.people.models import Client, LegalEntity


class ClientTransfer(Amount, HasStates):
    """From one client's wallet to another's. `client` gives; the recipient sees what arrived."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "Being checked"
        APPROVAL = "approval", "Approval"
        SETTLED = "settled", "Arrived"
        REFUSED = "refused", "Refused"
        CANCELLED = "cancelled", "Cancelled"

    moves: ClassVar = {
        Status.REQUESTED: {Status.APPROVAL, Status.SETTLED, Status.REFUSED},
        Status.APPROVAL: {Status.SETTLED, Status.REFUSED, Status.CANCELLED},
    }
    waits: ClassVar = {
        Status.APPROVAL: Wait("payments.approve_client_transfer", timedelta(hours=4))
    }

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="transfers_given", db_index=False
    )
    recipient = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="transfers_received", db_index=False
    )
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT)
    usd = models.DecimalField(max_digits=20, decimal_places=2, help_text="When it was asked for")
    why = models.TextField(blank=True, help_text="The rule's answer in words")
    decision = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    asked_by = models.BigIntegerField(null=True, help_text="Who of staff asked on behalf")
    requested_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "transfer to another client"
        verbose_name_plural = "transfers to other clients"
        indexes = [
            models.Index(fields=["client", "-requested_at"], name="payments_given_client"),
            models.Index(fields=["recipient", "-settled_at"], name="payments_given_recipient"),
            models.Index(fields=["-requested_at", "-id"], name="payments_given_newest"),
            models.Index(
                fields=["due_at", "id"], name="payments_given_due",
                condition=models.Q(due_at__isnull=False),
            ),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(client=models.F("recipient")), name="payments_given_to_another"
            )
        ]

    def __str__(self) -> str:
        return f"CT-{self.pk}"
