"""Hours around news in which leverage is lower than the rules allow otherwise."""

from django.db import models

from nostro.people.models import LegalEntity


class NewsWindow(models.Model):
    """Some hours around news about an instrument or a currency, and the leverage no account exceeds
    in them. A platform keeps one leverage an account, so that of every account falls. Without a
    legal entity it holds for all.
    """

    title = models.CharField(max_length=80)
    about = models.CharField(max_length=20)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cap = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="trading_news_window_end")]

    def __str__(self) -> str:
        return self.title

    @property
    def ratio(self) -> str:
        return f"1:{self.cap}"
