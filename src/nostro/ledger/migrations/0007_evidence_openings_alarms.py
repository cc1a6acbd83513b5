"""Evidence of money moved by hand, files of opening balances, alarms."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0004_written_once'),
        ('ledger', '0006_one_transfer'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(max_length=24)),
                ('status_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('raised_at', models.DateTimeField()),
                ('broken_at', models.DateTimeField(help_text='When a proof found it broken for the last time')),
                ('flaws', models.JSONField(default=list)),
                ('resolved_by', models.BigIntegerField(null=True)),
                ('reason', models.TextField(blank=True)),
            ],
            options={
                'db_table': 'ledger_alarm',
                'abstract': False,
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('status',), name='ledger_alarm_open_once')],
            },
        ),
        migrations.CreateModel(
            name='Opening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(max_length=24)),
                ('status_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('entity_id', models.BigIntegerField(null=True)),
                ('day', models.DateField()),
                ('lines', models.PositiveIntegerField()),
                ('faulty', models.PositiveIntegerField()),
                ('faults', models.JSONField(default=list)),
                ('totals', models.JSONField(default=dict)),
                ('read_by', models.BigIntegerField(null=True)),
                ('posted_at', models.DateTimeField(null=True)),
                ('stored', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='core.storedfile')),
            ],
            options={
                'verbose_name': 'file of opening balances',
                'verbose_name_plural': 'opening balances',
                'db_table': 'ledger_opening',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_type', models.CharField(blank=True, max_length=60)),
                ('subject_id', models.BigIntegerField(null=True)),
                ('client_id', models.BigIntegerField(null=True)),
                ('entity_id', models.BigIntegerField(null=True)),
                ('kept_by', models.BigIntegerField(null=True)),
                ('kept_at', models.DateTimeField()),
                ('stored', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='core.storedfile')),
            ],
            options={
                'verbose_name_plural': 'evidence',
                'db_table': 'ledger_evidence',
                'constraints': [models.CheckConstraint(condition=models.Q(('stored__isnull', False), ('subject_id__isnull', False), _connector='OR'), name='ledger_evidence_is_something')],
            },
        ),
    ]
