from django.db import migrations, models

KINDS = [
    ("balance", "Platform's balance"), ("credit", "Platform's credit"), ("ledger", "Our ledger"),
    ("lent", "Credit nobody asked for"), ("group", "Group"), ("leverage", "Leverage"),
    ("rights", "Rights"), ("closed", "Closed account"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("trading", "0011_deals_in_sets")]

    operations = [
        migrations.AddField(
            "balancebreak", "here", models.CharField(max_length=200, blank=True, db_default="")
        ),
        migrations.AddField(
            "balancebreak", "there", models.CharField(max_length=200, blank=True, db_default="")
        ),
        migrations.AlterField(
            "balancebreak", "kind",
            models.CharField(max_length=8, choices=KINDS, default="balance"),
        ),
    ]  # fmt: skip
