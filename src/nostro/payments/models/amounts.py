"""What everything with an amount of money has."""

from django.db import models

from nostro.kit.money import Money


class Amount(models.Model):
    """Something with an amount of one currency."""

    amount = models.DecimalField(max_digits=38, decimal_places=18)
    currency = models.CharField(max_length=5)

    class Meta:
        abstract = True

    @property
    def money(self) -> Money:
        return Money(self.amount.normalize(), self.currency)  # type: ignore[arg-type]
