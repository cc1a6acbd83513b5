"""Holds, two clocks, periods, quotes. What stands in the ledger already is carried over."""

import datetime
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


ROLLED_UP = """
SELECT set_config('nostro.act', 'migration: roll-up', true);
SELECT ledger_roll_up();
SELECT set_config('nostro.act', '', true);
"""

# Rewriting a column by its type touches no row in the sense of a trigger: history stays closed.
CARRIED_OVER = """
ALTER TABLE ledger_entry ALTER COLUMN value_date TYPE date
  USING (effective_at AT TIME ZONE 'UTC')::date;
ALTER TABLE ledger_transfer
  ALTER COLUMN source_seq TYPE bigint USING coalesce(source_seq, id),
  ALTER COLUMN target_seq TYPE bigint USING coalesce(target_seq, id);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0002_posting'),
    ]

    operations = [
        migrations.RunSQL(ROLLED_UP, migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Day',
            fields=[
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='ledger.ledgeraccount')),
                ('value_date', models.DateField()),
                ('recorded_on', models.DateField()),
                ('debits', models.DecimalField(decimal_places=0, max_digits=38)),
                ('credits', models.DecimalField(decimal_places=0, max_digits=38)),
                ('pk', models.CompositePrimaryKey('account', 'value_date', 'recorded_on', blank=True, editable=False, primary_key=True, serialize=False)),
            ],
            options={
                'db_table': 'ledger_day',
            },
        ),
        migrations.CreateModel(
            name='Exchange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_id', models.BigIntegerField(unique=True)),
                ('client_id', models.BigIntegerField(null=True)),
                ('entity_id', models.BigIntegerField(null=True)),
                ('given', models.DecimalField(decimal_places=0, max_digits=38)),
                ('got', models.DecimalField(decimal_places=0, max_digits=38)),
                ('earned', models.DecimalField(decimal_places=0, max_digits=38)),
            ],
            options={
                'db_table': 'ledger_exchange',
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('post', 'Posted'), ('void', 'Released')], max_length=7)),
                ('units', models.DecimalField(decimal_places=0, max_digits=38)),
                ('expires_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'ledger_hold',
            },
        ),
        migrations.CreateModel(
            name='Period',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entity_id', models.BigIntegerField(null=True)),
                ('through', models.DateField()),
                ('closed_at', models.DateTimeField()),
                ('reopened_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'ledger_period',
            },
        ),
        migrations.CreateModel(
            name='Quote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=60)),
                ('mid', models.DecimalField(decimal_places=18, max_digits=38)),
                ('spread', models.DecimalField(decimal_places=8, max_digits=9)),
                ('client_id', models.BigIntegerField(null=True)),
                ('quoted_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'ledger_quote',
            },
        ),
        migrations.CreateModel(
            name='Revaluation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True)),
                ('rates', models.JSONField()),
                ('positions', models.JSONField()),
                ('result', models.DecimalField(decimal_places=0, max_digits=38)),
                ('entry_id', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'ledger_revaluation',
            },
        ),
        migrations.RemoveConstraint(
            model_name='balance',
            name='ledger_balance_no_overdraft',
        ),
        migrations.RemoveConstraint(
            model_name='balance',
            name='ledger_balance_positive',
        ),
        migrations.RemoveConstraint(
            model_name='transfer',
            name='ledger_transfer_positive',
        ),
        migrations.AddField(
            model_name='balance',
            name='closed',
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name='balance',
            name='day',
            field=models.DateField(db_default=datetime.date(1, 1, 1)),
        ),
        migrations.AddField(
            model_name='balance',
            name='day_credits',
            field=models.DecimalField(db_default=0, decimal_places=0, max_digits=38),
        ),
        migrations.AddField(
            model_name='balance',
            name='day_debits',
            field=models.DecimalField(db_default=0, decimal_places=0, max_digits=38),
        ),
        migrations.AddField(
            model_name='balance',
            name='pending_credits',
            field=models.DecimalField(db_default=0, decimal_places=0, max_digits=38),
        ),
        migrations.AddField(
            model_name='balance',
            name='pending_debits',
            field=models.DecimalField(db_default=0, decimal_places=0, max_digits=38),
        ),
        migrations.AddField(
            model_name='entry',
            name='scope',
            field=models.CharField(db_default='', max_length=40),
        ),
        migrations.AddField(
            model_name='entry',
            name='value_date',
            field=models.DateField(null=True),
        ),
        migrations.RunSQL(CARRIED_OVER, migrations.RunSQL.noop),
        migrations.AlterField(model_name='entry', name='value_date', field=models.DateField()),
        migrations.AddField(
            model_name='ledgeraccount',
            name='closed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='tail',
            name='legs',
            field=models.IntegerField(db_default=1),
        ),
        migrations.AddField(
            model_name='tail',
            name='recorded_on',
            field=models.DateField(db_default=datetime.date(1, 1, 1)),
        ),
        migrations.AddField(
            model_name='tail',
            name='value_date',
            field=models.DateField(db_default=datetime.date(1, 1, 1)),
        ),
        migrations.AddField(
            model_name='verification',
            name='through',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name='verification',
            name='whole',
            field=models.BooleanField(db_default=True),
        ),
        migrations.AlterField(
            model_name='entry',
            name='key',
            field=models.CharField(max_length=160),
        ),
        migrations.AlterField(
            model_name='entry',
            name='reverses',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='ledger.entry'),
        ),
        migrations.AlterField(
            model_name='tail',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='ledger.ledgeraccount'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='asset',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='ledger.asset'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='entry',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='ledger.entry'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='source',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='given', to='ledger.ledgeraccount'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='source_seq',
            field=models.BigIntegerField(),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='target',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='taken', to='ledger.ledgeraccount'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='target_seq',
            field=models.BigIntegerField(),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['recorded_at'], name='ledger_entry_recorded'),
        ),
        migrations.AddIndex(
            model_name='tail',
            index=models.Index(fields=['account'], name='ledger_tail_account'),
        ),
        migrations.AddConstraint(
            model_name='balance',
            constraint=models.CheckConstraint(condition=models.Q(('overdraft', True), ('credits__gte', django.db.models.expressions.CombinedExpression(models.F('debits'), '+', models.F('pending_debits'))), _connector='OR'), name='ledger_balance_no_overdraft'),
        ),
        migrations.AddConstraint(
            model_name='balance',
            constraint=models.CheckConstraint(condition=models.Q(('credits__gte', 0), ('debits__gte', 0), ('pending_credits__gte', 0), ('pending_debits__gte', 0)), name='ledger_balance_positive'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('key', 'scope'), name='ledger_entry_key_once'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(condition=models.Q(('reverses__isnull', False)), fields=('reverses',), name='ledger_entry_reversed_once'),
        ),
        migrations.AddField(
            model_name='hold',
            name='asset',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='ledger.asset'),
        ),
        migrations.AddField(
            model_name='hold',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='ledger.entry'),
        ),
        migrations.AddField(
            model_name='hold',
            name='pending',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='ledger.hold'),
        ),
        migrations.AddField(
            model_name='hold',
            name='source',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds_given', to='ledger.ledgeraccount'),
        ),
        migrations.AddField(
            model_name='hold',
            name='target',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='holds_taken', to='ledger.ledgeraccount'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='pending',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='ledger.hold'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('units__gt', 0), ('units__lt', 100000000000000000000000000000000000000)), name='ledger_transfer_positive'),
        ),
        migrations.AddField(
            model_name='quote',
            name='buys',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.asset'),
        ),
        migrations.AddField(
            model_name='quote',
            name='sells',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.asset'),
        ),
        migrations.AddField(
            model_name='exchange',
            name='quote',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to='ledger.quote'),
        ),
        migrations.AddField(
            model_name='revaluation',
            name='asset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.asset'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='ledger_hold_expiry'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('units__gte', 0), ('units__lt', 100000000000000000000000000000000000000)), name='ledger_hold_amount'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('pending__isnull', True), ('state', 'pending'), ('units__gt', 0)), models.Q(('pending__isnull', False), ('state', 'post'), ('units__gt', 0)), models.Q(('pending__isnull', False), ('state', 'void')), _connector='OR'), name='ledger_hold_shape'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='ledger_hold_two_accounts'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('pending__isnull', False)), fields=('pending',), name='ledger_hold_ends_once'),
        ),
    ]
