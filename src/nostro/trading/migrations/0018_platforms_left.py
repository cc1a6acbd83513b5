"""A platform may be left alone, and says which of its groups nobody has said anything about."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0017_open_lots")]

    operations = [
        migrations.AddField(
            "platform",
            "unmapped",
            models.JSONField(default=dict),
        ),
        migrations.AddField("platform", "left_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "platform",
            "left_reason",
            models.CharField(blank=True, db_default="", max_length=200),
        ),
    ]
