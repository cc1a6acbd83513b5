"""The orders and states that pages ask for, as indexes: no page looks at every row."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0001_initial'),
        ('core', '0002_log'),
        ('people', '0002_page_speed'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='application',
            index=models.Index(fields=['-started_at', '-id'], name='compliance_application_new'),
        ),
        migrations.AddIndex(
            model_name='application',
            index=models.Index(condition=models.Q(('decided_at__isnull', False)), fields=['decided_at'], name='compliance_application_decided'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['-uploaded_at', '-id'], name='compliance_document_new'),
        ),
    ]
