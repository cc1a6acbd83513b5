"""What the tables hold to by themselves: the wall, keys of two columns, views, the first assets."""

from django.db import migrations

WALL = """
CREATE FUNCTION ledger_wall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'TRUNCATE' AND coalesce(current_setting('nostro.posting', true), '') <> '' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'The ledger is written by posting alone: % on % is refused.',
    TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""

WALLS = "".join(
    f"CREATE TRIGGER ledger_wall BEFORE INSERT OR UPDATE OR DELETE ON ledger_{table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger_wall();\n"
    f"CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON ledger_{table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger_wall();\n"
    for table in ("account", "balance", "tail", "day", "entry", "transfer", "hold", "period")
) + "".join(
    f"CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE ON ledger_{table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();\n"
    for table in ("entry", "transfer", "hold", "quote", "exchange", "revaluation", "verification")
)

# Rules of one column are domains: a CHECK of a table is read anew from its text by each statement
# that writes there, which cost more than the row. Not a number is above every number in PostgreSQL,
# so there is a ceiling too.
SHAPE = """
CREATE DOMAIN ledger_units AS numeric(38, 0)
  CONSTRAINT ledger_units_positive CHECK (VALUE > 0 AND VALUE < 1e38);
CREATE DOMAIN ledger_sum AS numeric(38, 0)
  CONSTRAINT ledger_sum_positive CHECK (VALUE >= 0 AND VALUE < 1e38);
ALTER TABLE ledger_transfer ALTER units TYPE ledger_units;
ALTER TABLE ledger_balance ALTER debits TYPE ledger_sum, ALTER credits TYPE ledger_sum,
  ALTER pending_debits TYPE ledger_sum, ALTER pending_credits TYPE ledger_sum;
ALTER TABLE ledger_balance SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE ledger_account SET (fillfactor = 80);
ALTER TABLE ledger_transfer
  ADD CONSTRAINT ledger_transfer_source_asset FOREIGN KEY (source_id, asset_id)
    REFERENCES ledger_account (id, asset_id),
  ADD CONSTRAINT ledger_transfer_target_asset FOREIGN KEY (target_id, asset_id)
    REFERENCES ledger_account (id, asset_id);
ALTER TABLE ledger_hold
  ADD CONSTRAINT ledger_hold_source_asset FOREIGN KEY (source_id, asset_id)
    REFERENCES ledger_account (id, asset_id),
  ADD CONSTRAINT ledger_hold_target_asset FOREIGN KEY (target_id, asset_id)
    REFERENCES ledger_account (id, asset_id);
"""

# For the proof to plan with.
STATISTICS = """
CREATE STATISTICS ledger_entry_days ON value_date, ((recorded_at AT TIME ZONE 'UTC')::date)
  FROM ledger_entry;
"""

# Nothing is ever written in the other order, so there is nothing to put off until the end.
AT_ONCE = """
DO $$
DECLARE _one record;
BEGIN
  FOR _one IN SELECT conname, conrelid::regclass AS place FROM pg_constraint
               WHERE contype = 'f' AND condeferrable
                 AND conrelid IN ('ledger_transfer'::regclass, 'ledger_entry'::regclass,
                                  'ledger_hold'::regclass) LOOP
    EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I NOT DEFERRABLE', _one.place, _one.conname);
  END LOOP;
END $$;
"""

VIEWS = """
CREATE VIEW ledger_standing AS
  SELECT a.id AS account_id, b.debits + coalesce(t.d, 0) AS debits,
         b.credits + coalesce(t.c, 0) AS credits, b.pending_debits, b.pending_credits
    FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
    LEFT JOIN LATERAL (SELECT sum(debits) AS d, sum(credits) AS c FROM ledger_tail
                        WHERE account_id = a.id AND a.hot) t ON true;

CREATE VIEW ledger_days AS
  SELECT account_id, value_date, recorded_on, debits, credits FROM ledger_day
   UNION ALL
  SELECT account_id, day, day, day_debits, day_credits FROM ledger_balance
   WHERE day_debits > 0 OR day_credits > 0
   UNION ALL
  SELECT account_id, value_date, recorded_on, debits, credits FROM ledger_tail;
"""

ASSETS = """
SELECT set_config('nostro.act', 'migration: assets', false);
INSERT INTO ledger_asset (code, scale, kind) VALUES
  ('USD', 2, 'fiat'), ('EUR', 2, 'fiat'), ('GBP', 2, 'fiat'), ('CHF', 2, 'fiat'),
  ('PLN', 2, 'fiat'), ('AUD', 2, 'fiat'), ('JPY', 0, 'fiat'), ('ZAR', 2, 'fiat'),
  ('USDT', 6, 'crypto'), ('BTC', 8, 'crypto'), ('ETH', 18, 'crypto');
SELECT set_config('nostro.act', '', false);
CREATE TRIGGER ledger_asset_scale BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_asset
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("core", "0002_log")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (WALL, WALLS, SHAPE, STATISTICS, AT_ONCE, VIEWS, ASSETS)
    ]
