from django.db import migrations

COUNTED_FROM_NOW = """
SELECT set_config('nostro.act', 'migration: nights begin', true);
UPDATE trading_tradingaccount AS a SET swap_free_since = now()
  FROM trading_group AS g
 WHERE g.id = a.group_id AND g.swap_free
   AND (a.swap_free_since IS NULL OR a.swap_free_until IS NULL);
SELECT set_config('nostro.act', '', true);
"""


class Migration(migrations.Migration):
    """Accounts that came into a group without swaps by another way than being given it bear no
    moment, or that of an earlier time: their nights count from here on.
    """

    dependencies = [("trading", "0012_terms")]

    operations = [migrations.RunSQL(COUNTED_FROM_NOW, migrations.RunSQL.noop)]
