from django.db import migrations

FORGOTTEN = """
SELECT set_config('nostro.act', 'migration: nights end', true);
UPDATE trading_tradingaccount AS a SET swap_free_since = NULL
  FROM trading_group AS g
 WHERE g.id = a.group_id AND NOT g.swap_free AND a.swap_free_since IS NOT NULL;
SELECT set_config('nostro.act', '', true);
"""


class Migration(migrations.Migration):
    """An account that pays swaps bears no moment since when it does without them."""

    dependencies = [("trading", "0014_told_cap")]

    operations = [migrations.RunSQL(FORGOTTEN, migrations.RunSQL.noop)]
