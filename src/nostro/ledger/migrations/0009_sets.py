"""What a transfer names is looked up for all that a statement writes at once.

Accounts are never removed nor renamed and entries only grow, so it is enough to look where a
transfer is written; a foreign key looked three times for each row. See docs/adr/0012.
"""

import django.db.models.deletion
from django.db import migrations, models

from nostro.ledger.migrations._batch import MANY
from nostro.ledger.migrations._closing import CLOSE, NONE_CLOSED
from nostro.ledger.migrations._one import ONE

STAYS = """
CREATE FUNCTION ledger_account_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'A ledger account keeps its name and its asset, and never goes: % is refused.',
    TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ledger_account_stays BEFORE DELETE OR UPDATE OF id, path, asset_id
  ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_stays();
"""

STANDS = """
ALTER TABLE ledger_transfer DROP CONSTRAINT ledger_transfer_source_asset,
  DROP CONSTRAINT ledger_transfer_target_asset;
CREATE FUNCTION ledger_transfer_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM arrived t WHERE NOT EXISTS (
      SELECT FROM ledger_account s, ledger_account d, ledger_entry e
       WHERE s.id = t.source_id AND s.asset_id = t.asset_id AND d.id = t.target_id
         AND d.asset_id = t.asset_id AND s.id <> d.id AND e.id = t.entry_id OFFSET 0)
  ) THEN
    RAISE EXCEPTION 'A transfer is of an entry, and between two accounts of its asset.'
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_transfer_stands AFTER INSERT ON ledger_transfer
  REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfer_stands();
"""

class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_one_update")]
    operations = [
        migrations.RemoveConstraint("transfer", "ledger_transfer_two_accounts"),
        migrations.AlterField(
            "transfer", "entry",
            models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT,
                related_name="transfers", to="ledger.entry",
            ),
        ),
        # Paths and keys are compared byte by byte: no language's order has a say in them.
        migrations.AlterField(
            "ledgeraccount", "path", models.CharField(db_collation="C", max_length=120)
        ),
        migrations.AlterField(
            "entry", "scope",
            models.CharField(db_collation="C", db_default="", max_length=40),
        ),
        migrations.AlterField("entry", "key", models.CharField(db_collation="C", max_length=160)),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop)
          for sql in (STAYS, STANDS, NONE_CLOSED, CLOSE, ONE, MANY)),
    ]  # fmt: skip
