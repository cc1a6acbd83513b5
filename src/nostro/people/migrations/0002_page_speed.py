"""The orders and states that pages ask for, as indexes: no page looks at every row."""

import nostro.ui.words
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0001_initial'),
        ('ui', '0002_words'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='client',
            index=models.Index(fields=['status', '-registered_at', '-id'], name='people_client_status'),
        ),
        migrations.AddIndex(
            model_name='client',
            index=models.Index(condition=models.Q(('risk', ''), _negated=True), fields=['risk', '-registered_at', '-id'], name='people_client_risk'),
        ),
        migrations.AddIndex(
            model_name='client',
            index=nostro.ui.words.WordsIndex(nostro.ui.words.Words('last_name'), nostro.ui.words.Words('first_name'), nostro.ui.words.Words('email'), name='people_client_words'),
        ),
    ]
