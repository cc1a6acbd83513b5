from django.db import migrations, models

RARE = [
    "dealer", "stop-out", "rollover", "external client", "external service", "variation margin",
    "gateway", "settlement", "transfer", "synchronisation", "migration", "split", "other",
]  # fmt: skip


class Migration(migrations.Migration):
    """By whom or what a deal was made, under which order, and when by the platform's own clock: of
    deals that are read from now on.
    """

    dependencies = [("trading", "0019_restrictions")]

    operations = [
        migrations.AddField("deal", "order", models.BigIntegerField(null=True)),
        migrations.AddField("deal", "platform_time_ms", models.BigIntegerField(null=True)),
        migrations.AddField(
            "deal",
            "reason",
            models.CharField(
                choices=[
                    (one, one.capitalize())
                    for one in (
                        "client", "mobile", "web", "expert", "signal", "dealer", "stop loss",
                        "take profit", "stop-out", "rollover", "external client",
                        "external service", "variation margin", "gateway", "settlement",
                        "transfer", "synchronisation", "migration", "split", "other",
                    )
                ],
                max_length=16,
                null=True,
            ),
        ),
        migrations.AddIndex(
            "deal",
            models.Index(
                fields=["reason", "-at", "-id"], name="trading_deal_rare",
                condition=models.Q(("reason__in", RARE)),
            ),
        ),
    ]  # fmt: skip
