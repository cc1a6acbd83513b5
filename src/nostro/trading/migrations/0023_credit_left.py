from django.db import migrations, models


class Migration(migrations.Migration):
    """What is left of a credit that is taken back, and breaks over what the ledger has of credit."""

    dependencies = [("trading", "0022_leverage_requests")]

    operations = [
        migrations.AddField(
            "credit", "left", models.DecimalField(decimal_places=8, max_digits=24, null=True)
        ),
        migrations.AlterField(
            "balancebreak",
            "kind",
            models.CharField(
                choices=[
                    ("balance", "Platform's balance"),
                    ("credit", "Platform's credit"),
                    ("ledger", "Our ledger"),
                    ("lent", "Credit nobody asked for"),
                    ("kept", "Credit in our ledger"),
                    ("group", "Group"),
                    ("leverage", "Leverage"),
                    ("rights", "Rights"),
                    ("closed", "Closed account"),
                ],
                default="balance",
                max_length=8,
            ),
        ),
    ]
