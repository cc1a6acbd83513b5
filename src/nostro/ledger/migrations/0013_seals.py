"""Entries are sealed: what they and their transfers read goes into a digest beside them.

Seals lie in a table of their own, for a transfer is never updated. What has been proved and what
nobody can still be writing is sealed, up to ten thousand entries a seal.
"""

from django.db import migrations, models

from nostro.ledger.migrations import WRITER

# Every column by its name: one that comes later changes no digest. A record's own text tells
# nothing from an empty word and quotes what it has to, so no two rows read the same.
DIGEST = """
CREATE FUNCTION ledger_digest(_first bigint, _last bigint, _before text) RETURNS text
LANGUAGE sql STABLE SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET jit = off AS $$
  SELECT encode(sha256(convert_to(_before || coalesce(
           string_agg(line, E'\\n' ORDER BY entry, what, n), ''), 'UTF8')), 'hex')
    FROM (
      SELECT id AS entry, 0 AS what, id AS n,
             ROW(id, kind, text, entity_id, recorded_at, effective_at, value_date, act, decision,
                 reverses_id, scope, key, payload)::text AS line
        FROM ledger_entry WHERE id BETWEEN _first AND _last
       UNION ALL
      SELECT entry_id, 1, id,
             ROW(id, entry_id, leg, source_id, target_id, asset_id, units, source_seq,
                 source_balance, target_seq, target_balance, pending_id)::text
        FROM ledger_transfer WHERE entry_id BETWEEN _first AND _last
       UNION ALL
      SELECT entry_id, 2, id,
             ROW(id, entry_id, state, pending_id, source_id, target_id, asset_id, units,
                 expires_at)::text
        FROM ledger_hold WHERE entry_id BETWEEN _first AND _last
    ) x
$$;
"""

# A whole proof says the newest entry that it saw before it was kept. Once every transaction that
# was under way then has ended, no number up to that one can still come in. While the ledger does
# not hold, nothing is sealed.
SEAL = f"""
CREATE FUNCTION ledger_seal(_at timestamptz, _most integer DEFAULT 10000) RETURNS bigint
{WRITER} $$
DECLARE _before ledger_seal; _through bigint; _first bigint; _last bigint; _count integer;
  _id bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(7203, 1);
  SELECT * INTO _before FROM ledger_seal ORDER BY id DESC LIMIT 1;
  SELECT through INTO _through FROM ledger_verification v
   WHERE whole AND flaws = '[]' AND age(v.xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)
   ORDER BY at DESC, id DESC LIMIT 1;
  IF EXISTS (SELECT 1 FROM ledger_alarm WHERE status = 'open') THEN RETURN NULL; END IF;
  _first := coalesce(_before.last, 0) + 1;
  SELECT max(id), count(*) INTO _last, _count FROM (
    SELECT id FROM ledger_entry WHERE id BETWEEN _first AND _through ORDER BY id LIMIT _most) x;
  IF _count = 0 THEN RETURN NULL; END IF;
  INSERT INTO ledger_seal (first, last, entries, sha256, at)
  VALUES (_first, _last, _count,
          ledger_digest(_first, _last, coalesce(_before.sha256, '')), _at)
  RETURNING id INTO _id;
  RETURN _id;
END $$;
REVOKE ALL ON FUNCTION ledger_seal(timestamptz, integer) FROM PUBLIC;
"""

WALLS = """
CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE ON ledger_seal
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();
CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON ledger_seal
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_never_emptied();
DO $do$
DECLARE _was text := pg_get_functiondef('nostro_let_application_in()'::regprocedure);
BEGIN
  EXECUTE replace(replace(_was, 'ledger_hold, ledger_period', 'ledger_hold, ledger_period, ledger_seal'),
                  'ledger_period_id_seq', 'ledger_period_id_seq, ledger_seal_id_seq');
  PERFORM nostro_let_application_in();
END $do$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_its_own_word")]
    operations = [
        migrations.CreateModel(
            "Seal",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("entries", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "ledger_seal",
                "constraints": [
                    models.UniqueConstraint(fields=["first"], name="ledger_seal_once")
                ],
            },
        ),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (DIGEST, SEAL, WALLS)),
    ]
