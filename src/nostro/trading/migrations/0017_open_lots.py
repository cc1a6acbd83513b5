from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0016_rights_set")]

    operations = [migrations.AddField("platform", "apart", models.JSONField(default=dict))]
