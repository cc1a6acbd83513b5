import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(unique=True)),
                ('nets', models.JSONField()),
                ('positions', models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(max_length=24)),
                ('status_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('rule', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('instrument', 'Instrument'), ('currency', 'Currency'), ('total', 'Sum of nets')], max_length=10)),
                ('code', models.CharField(blank=True, max_length=32)),
                ('book', models.CharField(choices=[('a', 'A book'), ('b', 'B book')], max_length=1)),
                ('net', models.DecimalField(decimal_places=2, help_text='As last looked at', max_digits=20)),
                ('peak', models.DecimalField(decimal_places=2, help_text='The furthest it went', max_digits=20)),
                ('limit', models.DecimalField(decimal_places=2, max_digits=20)),
                ('decision', models.BigIntegerField(null=True)),
                ('why', models.TextField(blank=True)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('raised_at', models.DateTimeField()),
                ('cleared_at', models.DateTimeField(null=True)),
                ('entity', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='people.legalentity')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staff')),
            ],
            options={
                'indexes': [models.Index(fields=['status', '-raised_at'], name='exposure_alert_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'cleared'), _negated=True), fields=('rule', 'key'), name='exposure_alert_once')],
            },
        ),
        migrations.CreateModel(
            name='Limit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('instrument', 'Instrument'), ('currency', 'Currency'), ('total', 'Sum of nets')], max_length=10)),
                ('code', models.CharField(blank=True, max_length=32)),
                ('book', models.CharField(choices=[('a', 'A book'), ('b', 'B book')], max_length=1)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=20)),
                ('reason', models.CharField(max_length=200)),
                ('set_at', models.DateTimeField()),
                ('entity', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='people.legalentity')),
                ('set_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staff')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'code', 'book', 'entity'), name='exposure_limit_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='exposure_limit_positive')],
            },
        ),
    ]
