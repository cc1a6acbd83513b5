import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Wishes for leverage, and what people give an account above its cap until a moment."""

    dependencies = [("trading", "0021_takeovers")]

    operations = [
        migrations.AddField(
            "tradingaccount", "leverage_given", models.PositiveSmallIntegerField(null=True)
        ),
        migrations.AddField(
            "tradingaccount", "leverage_given_until", models.DateTimeField(null=True)
        ),
        migrations.CreateModel(
            "LeverageRequest",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("status", models.CharField(max_length=24)),
                ("status_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("leverage", models.PositiveSmallIntegerField()),
                ("was", models.PositiveSmallIntegerField()),
                ("cap", models.PositiveSmallIntegerField()),
                ("days", models.PositiveSmallIntegerField(default=0)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("answer", models.CharField(blank=True, max_length=200)),
                ("why", models.TextField(blank=True, help_text="The rule's answer in words")),
                ("decision", models.BigIntegerField(null=True)),
                (
                    "asked_by",
                    models.BigIntegerField(help_text="Who of staff asked on behalf", null=True),
                ),
                ("asked_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leverage_requests",
                        to="trading.tradingaccount",
                    ),
                ),
            ],
            options={
                "verbose_name": "wish for another leverage",
                "verbose_name_plural": "wishes for another leverage",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["asked", "sent"])),
                        fields=("account",),
                        name="trading_leverage_one_at_a_time",
                    )
                ],
            },
        ),
    ]
