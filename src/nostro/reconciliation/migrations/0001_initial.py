import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0002_log'),
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='BankAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.SlugField()),
                ('name', models.CharField(max_length=60)),
                ('iban', models.CharField(max_length=34)),
                ('currency', models.CharField(max_length=5)),
                ('of_clients', models.BooleanField(default=True)),
                ('opened_with', models.DecimalField(decimal_places=18, help_text='What stood on it before the ledger began', max_digits=38, null=True)),
                ('added_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
                ('trouble', models.CharField(blank=True, max_length=200)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='people.legalentity')),
            ],
        ),
        migrations.CreateModel(
            name='ClientMoneyReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=5)),
                ('day_date', models.DateField()),
                ('revision', models.PositiveSmallIntegerField(default=1)),
                ('as_of', models.DateTimeField(help_text='Everything effective before this')),
                ('known_at', models.DateTimeField(help_text='As far as it had been recorded by then')),
                ('resource', models.DecimalField(decimal_places=18, max_digits=38)),
                ('requirement', models.DecimalField(decimal_places=18, max_digits=38)),
                ('parts', models.JSONField()),
                ('floating', models.JSONField(help_text='Open results by account, as the platforms said them')),
                ('opened', models.JSONField(help_text='What stood on the bank accounts before the ledger')),
                ('digest', models.CharField(max_length=64)),
                ('signature', models.CharField(max_length=128)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='people.legalentity')),
            ],
        ),
        migrations.CreateModel(
            name='Payout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=18, max_digits=38)),
                ('currency', models.CharField(max_length=5)),
                ('provider', models.SlugField()),
                ('reference', models.CharField(max_length=120)),
                ('fee', models.DecimalField(decimal_places=18, max_digits=38)),
                ('arrival_date', models.DateField()),
                ('lines', models.JSONField(default=list)),
                ('sums', models.BooleanField(help_text='Its lines make its amount')),
                ('recorded_at', models.DateTimeField()),
                ('arrived_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('provider', 'reference'), name='reconciliation_payout_once')],
            },
        ),
        migrations.CreateModel(
            name='ProviderComparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.SlugField()),
                ('currency', models.CharField(max_length=5)),
                ('ours', models.DecimalField(decimal_places=18, max_digits=38)),
                ('fees', models.DecimalField(decimal_places=18, help_text='Agreed fees not yet booked', max_digits=38)),
                ('theirs', models.DecimalField(decimal_places=18, max_digits=38)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['provider', 'currency', '-at'], name='reconciliation_provider_newest')],
            },
        ),
        migrations.CreateModel(
            name='StatementFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('substance', models.CharField(help_text='What it says, whatever its bytes', max_length=64)),
                ('reference', models.CharField(blank=True, max_length=60)),
                ('opening', models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ('closing', models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ('closing_date', models.DateField(null=True)),
                ('line_count', models.PositiveIntegerField()),
                ('proves', models.BooleanField()),
                ('reason', models.TextField()),
                ('read_at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='reconciliation.bankaccount')),
                ('stored', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='core.storedfile')),
            ],
        ),
        migrations.CreateModel(
            name='StatementLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=18, max_digits=38)),
                ('currency', models.CharField(max_length=5)),
                ('content_hash', models.CharField(max_length=64)),
                ('booked_date', models.DateField()),
                ('value_date', models.DateField()),
                ('end_to_end_id', models.CharField(blank=True, max_length=140)),
                ('bank_reference', models.CharField(blank=True, max_length=140)),
                ('other_references', models.JSONField(default=list)),
                ('remittance', models.TextField(blank=True)),
                ('counterparty', models.CharField(blank=True, max_length=140)),
                ('iban', models.CharField(blank=True, max_length=34)),
                ('entry', models.CharField(blank=True, help_text='The batch it is a part of', max_length=140)),
                ('status', models.CharField(choices=[('open', 'Not matched'), ('held', 'Held, its statement does not prove itself'), ('matched', 'Matched'), ('broken', 'In a break'), ('explained', 'Explained')], max_length=10)),
                ('by_hand', models.BooleanField(default=False, help_text='A match of it was undone')),
                ('unallocated_entry', models.BigIntegerField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='reconciliation.bankaccount')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='reconciliation.statementfile')),
            ],
        ),
        migrations.CreateModel(
            name='Match',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(max_length=24)),
                ('status_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('rule', models.CharField(max_length=40)),
                ('ours', models.JSONField(help_text='leg/<id>, deposit/<id> or payout/<id>')),
                ('variance', models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ('reason', models.TextField()),
                ('entry', models.BigIntegerField(null=True)),
                ('decision', models.BigIntegerField(null=True)),
                ('made_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matches', to='reconciliation.bankaccount')),
                ('lines', models.ManyToManyField(related_name='matches', to='reconciliation.statementline')),
            ],
            options={
                'verbose_name_plural': 'matches',
            },
        ),
        migrations.CreateModel(
            name='Break',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(max_length=24)),
                ('status_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('amount', models.DecimalField(decimal_places=18, max_digits=38)),
                ('currency', models.CharField(max_length=5)),
                ('key', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('credit', 'Unknown credit'), ('debit', 'Unknown debit'), ('returned', 'Payment came back'), ('statement', 'Statement does not prove itself'), ('bank', 'Ledger and bank differ'), ('provider', 'Ledger and provider differ'), ('payout', 'Payout does not sum'), ('missing', 'Sent and not on a statement'), ('shortfall', 'Client money short')], max_length=10)),
                ('cause', models.TextField()),
                ('proposal', models.JSONField(help_text='source, target: what explaining may post', null=True)),
                ('decision', models.BigIntegerField(null=True)),
                ('entry', models.BigIntegerField(null=True)),
                ('explanation', models.TextField(blank=True)),
                ('found_at', models.DateTimeField()),
                ('explained_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='breaks', to='reconciliation.bankaccount')),
                ('entity', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='people.legalentity')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staff')),
                ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='reconciliation.statementfile')),
                ('line', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='breaks', to='reconciliation.statementline')),
            ],
        ),
        migrations.AddConstraint(
            model_name='bankaccount',
            constraint=models.UniqueConstraint(fields=('iban', 'currency'), name='reconciliation_account_once'),
        ),
        migrations.AddConstraint(
            model_name='clientmoneyreport',
            constraint=models.UniqueConstraint(fields=('entity', 'currency', 'day_date', 'revision'), name='reconciliation_money_once'),
        ),
        migrations.AddIndex(
            model_name='statementfile',
            index=models.Index(fields=['account', '-read_at'], name='reconciliation_file_newest'),
        ),
        migrations.AddConstraint(
            model_name='statementfile',
            constraint=models.UniqueConstraint(fields=('account', 'sha256'), name='reconciliation_file_once'),
        ),
        migrations.AddIndex(
            model_name='statementline',
            index=models.Index(fields=['account', 'status'], name='reconciliation_line_status'),
        ),
        migrations.AddIndex(
            model_name='statementline',
            index=models.Index(fields=['-booked_date', '-id'], name='reconciliation_line_newest'),
        ),
        migrations.AddConstraint(
            model_name='statementline',
            constraint=models.UniqueConstraint(fields=('account', 'content_hash'), name='reconciliation_line_once'),
        ),
        migrations.AddIndex(
            model_name='match',
            index=models.Index(fields=['status', 'due_at'], name='reconciliation_match_queue'),
        ),
        migrations.AddIndex(
            model_name='break',
            index=models.Index(fields=['status', 'due_at'], name='reconciliation_break_queue'),
        ),
        migrations.AddConstraint(
            model_name='break',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('key',), name='reconciliation_break_once'),
        ),
    ]
