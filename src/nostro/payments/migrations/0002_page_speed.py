"""The orders and states that pages ask for, as indexes: no page looks at every row."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0001_initial'),
        ('people', '0002_page_speed'),
        ('trading', '0002_page_speed'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='deposit',
            index=models.Index(fields=['status', '-started_at', '-id'], name='payments_deposit_status'),
        ),
        migrations.AddIndex(
            model_name='deposit',
            index=models.Index(condition=models.Q(('settled_at__isnull', False)), fields=['settled_at'], name='payments_deposit_settled'),
        ),
        migrations.AddIndex(
            model_name='deposit',
            index=models.Index(condition=models.Q(('status', 'failed')), fields=['status_at'], name='payments_deposit_failed'),
        ),
        migrations.AddIndex(
            model_name='deposit',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at', 'id'], name='payments_deposit_due'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['-requested_at', '-id'], name='payments_transfer_newest'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['status', '-requested_at', '-id'], name='payments_transfer_status'),
        ),
        migrations.AddIndex(
            model_name='withdrawal',
            index=models.Index(condition=models.Q(('paid_at__isnull', False)), fields=['paid_at'], name='payments_withdrawal_paid'),
        ),
        migrations.AddIndex(
            model_name='withdrawal',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at', 'id'], name='payments_withdrawal_due'),
        ),
    ]
