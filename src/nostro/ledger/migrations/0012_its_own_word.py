"""One transfer is posted by a word of its own, and a value date that was asked for is payload.

`ledger_post_one` writes the accounts that it found by their paths and the entry that it has just
made: the wall behind it need not look them up again, and does for everybody else. See
docs/adr/0012. Keys posted before keep the digest that they have: a value date is added only where
one was asked for.
"""

from django.db import migrations

from nostro.ledger.migrations._batch import MANY
from nostro.ledger.migrations._one import ONE

STANDS = """
CREATE OR REPLACE FUNCTION ledger_transfer_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('nostro.posting', true) = 'one' THEN RETURN NULL; END IF;
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
"""

# What else there is of these functions stays as it was.
CHANGED = """
DO $do$
DECLARE _was text; _one text[];
BEGIN
  FOREACH _one SLICE 1 IN ARRAY ARRAY[
    ['ledger_post(jsonb)', $$_e->>'reverses')));$$,
     $$_e->>'reverses') || coalesce('/' || (_e->>'value_date'), '')));$$],
    ['ledger_hold(jsonb)', '  _source := ledger_account_for(',
     $$  PERFORM ledger_account_for(one, (_e->>'recorded_at')::timestamptz)
     FROM jsonb_array_elements(_batch->'accounts') one;
  _source := ledger_account_for($$],
    ['ledger_enter(jsonb, text)', '  _value := ledger_value_date(',
     $$  IF _e->>'value_date' IS NOT NULL THEN
    -- What was posted before its day was closed is answered as it was.
    SELECT id, value_date INTO _id, _value FROM ledger_entry
     WHERE key = _e->>'key' AND scope = coalesce(_e->>'scope', '') AND payload = _digest;
    _is_new := NOT FOUND;
    IF NOT _is_new THEN RETURN; END IF;
  END IF;
  _value := ledger_value_date($$]
  ] LOOP
    _was := pg_get_functiondef(_one[1]::regprocedure);
    IF strpos(_was, _one[2]) = 0 THEN RAISE EXCEPTION '% reads otherwise.', _one[1]; END IF;
    EXECUTE replace(_was, _one[2], _one[3]);
  END LOOP;
END $do$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_refused_in_order")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (ONE, MANY, STANDS, CHANGED)
    ]
