from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0023_credit_left")]

    operations = [
        migrations.AlterField(
            "breakdeal", "why",
            models.CharField(
                choices=[
                    ("gone", "Gone from the platform"), ("changed", "Changed on the platform"),
                    ("late", "Written into the past"), ("unasked", "Nobody here asked for it"),
                ],
                max_length=8,
            ),
        ),
    ]  # fmt: skip
