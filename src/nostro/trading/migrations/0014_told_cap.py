from django.db import migrations, models


class Migration(migrations.Migration):
    """Notices that are out name no cap yet: those clients are told anew before leverage falls."""

    dependencies = [("trading", "0013_nights_begin")]

    operations = [
        migrations.AddField(
            "tradingaccount", "leverage_notice_cap", models.PositiveSmallIntegerField(null=True)
        )
    ]
