"""The application's role: it may do everything but write the ledger other than by posting."""

from django.db import migrations

KEPT = ("asset", "account", "balance", "tail", "day", "entry", "transfer", "hold", "period")
GROWING = ("quote", "exchange", "revaluation", "verification")
DOORS = (
    "ledger_post(jsonb)", "ledger_post_many(jsonb)", "ledger_post_each(jsonb)",
    "ledger_hold(jsonb)", "ledger_end_hold(jsonb)", "ledger_roll_up(integer)",
    "ledger_close_account(bigint, timestamptz)", "ledger_reopen_account(bigint)",
    "ledger_close_period(bigint, date, timestamptz)", "ledger_reopen_period(bigint, timestamptz)",
    "ledger_add_asset(text, integer, text)",
)  # fmt: skip
INSIDE = (
    "ledger_account_for(jsonb, timestamptz)", "ledger_none_closed(bigint[])",
    "ledger_value_date(bigint, date, date)",
    "ledger_add_day(bigint, date, date, numeric, numeric)",
    "ledger_short(bigint, numeric, numeric)",
    "ledger_lock(bigint[])",
    "ledger_enter(jsonb, text)", "ledger_about(text, text, text)",
)  # fmt: skip

CLOSED = "".join(f"REVOKE ALL ON FUNCTION {one} FROM PUBLIC;\n" for one in DOORS + INSIDE)

# Called again after each migration: grants follow tables that came later. It does nothing where
# the role is missing and the owner may not create it; `nostro doctor` then says so.
LET_IN = f"""
CREATE FUNCTION nostro_let_application_in() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE _door record;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'nostro_app') THEN
    IF NOT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
      RETURN false;
    END IF;
    BEGIN
      CREATE ROLE nostro_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END IF;
  GRANT USAGE ON SCHEMA public TO nostro_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO nostro_app;
  GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO nostro_app;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO nostro_app;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO nostro_app;
  REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {", ".join(f"ledger_{one}" for one in KEPT)}
    FROM nostro_app;
  REVOKE UPDATE, DELETE, TRUNCATE ON {", ".join(f"ledger_{one}" for one in GROWING)}
    FROM nostro_app;
  REVOKE ALL ON SEQUENCE ledger_account_id_seq, ledger_tail_id_seq, ledger_entry_id_seq,
    ledger_transfer_id_seq, ledger_hold_id_seq, ledger_period_id_seq FROM nostro_app;
  -- What writes for whoever calls it is a door; what works for those is not.
  FOR _door IN SELECT oid::regprocedure AS name FROM pg_proc
                WHERE proname LIKE 'ledger\\_%' AND prosecdef LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO nostro_app', _door.name);
  END LOOP;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION nostro_let_application_in() FROM PUBLIC;
SELECT nostro_let_application_in();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_holds_and_roll_up")]
    operations = [
        migrations.RunSQL(CLOSED, migrations.RunSQL.noop),
        migrations.RunSQL(LET_IN, migrations.RunSQL.noop),
    ]
