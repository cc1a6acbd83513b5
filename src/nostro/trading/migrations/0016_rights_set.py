from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0015_nights_end")]

    operations = [
        migrations.AddField("tradingaccount", "rights_set_at", models.DateTimeField(null=True))
    ]
