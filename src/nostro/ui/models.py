"""What the page kit itself keeps: each person's saved views, and where somebody is signed in."""

from django.db import models

from nostro.core.models import User


class SavedView(models.Model):
    """A list as one person of staff likes to see it: its address, under a name."""

    staff_id = models.BigIntegerField()
    page = models.CharField(max_length=100)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff_id", "page", "name"], name="ui_view_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class Arrangement(models.Model):
    """Which queues and parts one person's home shows, and the order of the queues."""

    staff_id = models.BigIntegerField(unique=True)
    order = models.JSONField(default=list)
    hidden = models.JSONField(default=list)

    def __str__(self) -> str:
        return "home"


class SignIn(models.Model):
    """One session of one person, from signing in until it ended."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    kind = models.CharField(max_length=8)
    person_id = models.BigIntegerField()
    session_key = models.CharField(max_length=40, db_index=True)
    address = models.CharField(max_length=45)
    device = models.CharField(max_length=200)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "person_id", "-at"], name="ui_signin_person")]

    def __str__(self) -> str:
        return f"session {self.pk}"

    @property
    def client_id(self) -> int | None:
        return self.person_id if self.kind == User.Kind.CLIENT else None

    @property
    def partner_id(self) -> int | None:
        return self.person_id if self.kind == User.Kind.PARTNER else None
