"""The orders and states that pages ask for, as indexes: no page looks at every row."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_page_speed'),
        ('trading', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='tradingaccount',
            index=models.Index(fields=['login'], name='trading_account_number'),
        ),
        migrations.AddIndex(
            model_name='tradingaccount',
            index=models.Index(fields=['-requested_at', '-id'], name='trading_account_newest'),
        ),
        migrations.AddIndex(
            model_name='tradingaccount',
            index=models.Index(fields=['status', '-requested_at', '-id'], name='trading_account_status'),
        ),
        migrations.AddIndex(
            model_name='tradingaccount',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at', 'id'], name='trading_account_due'),
        ),
    ]
