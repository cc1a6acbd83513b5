"""An account of a client is what the chart says of its path, whoever opens it: it is that client's,
it keeps a balance of its own, and only a debt or what follows a platform may fall below zero.
"""

from django.db import migrations

AS_ITS_PATH = """
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_as_its_path CHECK (
  CASE WHEN path ~ '^client/[1-9][0-9]{0,17}/'
         THEN of_clients AND NOT hot
          AND client_id IS NOT DISTINCT FROM split_part(path, '/', 2)::bigint
          AND (NOT overdraft OR path ~ '^client/[0-9]+/(debt|trading/[^/]+/[0-9]+)$')
       WHEN path ~ '^client/' THEN false
       ELSE client_id IS NULL
  END)
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_sets")]
    operations = [
        migrations.RunSQL(
            AS_ITS_PATH,
            "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_as_its_path",
        )
    ]
