"""A balance and its day in one update, and an entry of one transfer in as few statements as can be.

A client's wallet moves a few times a day, so the first move of a day is the usual one: the update
starts the new day itself and gives back what stood there before, which goes to its day's row. That
takes PostgreSQL 18, whose RETURNING knows a row as it was.
"""

from django.db import migrations

from nostro.ledger.migrations._one import DAYS, KEPT_DAY, ONE

NEW_ENOUGH = """
DO $$ BEGIN
  IF current_setting('server_version_num')::integer < 180000 THEN
    RAISE EXCEPTION 'Nostro needs PostgreSQL 18 or newer; this server is %.',
      current_setting('server_version') USING ERRCODE = 'feature_not_supported';
  END IF;
END $$;
"""

# Postings of today need not look for closed periods; those of a moment before midnight have ended.
OVER = """
ALTER TABLE ledger_period ADD CONSTRAINT ledger_period_is_over
  CHECK (through < ((closed_at - interval '1 minute') AT TIME ZONE 'UTC')::date);
"""

# The house's guard and the ledger's wall in one look: each statement on these tables calls it.
WALL = """
CREATE OR REPLACE FUNCTION ledger_wall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('nostro.posting', true) <> '' AND current_setting('nostro.act', true) <> ''
    THEN RETURN NULL;
  END IF;
  IF coalesce(current_setting('nostro.act', true), '') = '' THEN
    RAISE EXCEPTION 'Nothing changes without an operation: % on % bears no act.',
      TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RAISE EXCEPTION 'The ledger is written by posting alone: % on % is refused.',
    TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION ledger_never_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The ledger is written by posting alone: % on % is refused.',
    TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
""" + "".join(
    f"DROP TRIGGER ledger_wall ON ledger_{table};\n"
    f"CREATE OR REPLACE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON ledger_{table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger_never_emptied();\n"
    f"CREATE OR REPLACE TRIGGER nostro_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE"
    f" ON ledger_{table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_wall();\n"
    for table in ("account", "balance", "tail", "day", "entry", "transfer", "hold", "period")
)

WAS = f"""
    old.day, old.day_debits, old.day_credits,{KEPT_DAY}"""
"""What stood there, and whether a day's row has to be written for this move or for what stood."""

TOUCH = f"""
CREATE FUNCTION ledger_keep_days(_account bigint, _day date, _day_d numeric, _day_c numeric,
                                 _d numeric, _c numeric, _value date, _recorded date)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF _value <> _recorded OR _day > _value THEN
    PERFORM ledger_add_day(_account, _value, _recorded, _d, _c);
  ELSE
    PERFORM ledger_add_day(_account, _day, _day, _day_d, _day_c);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION ledger_touch(_account bigint, _d numeric, _c numeric, _value date,
                                        _recorded date, OUT _seq bigint, OUT _balance numeric)
LANGUAGE plpgsql AS $$
DECLARE _was ledger_balance; _day date; _day_d numeric; _day_c numeric; _days boolean;
  _today date := CASE WHEN _value = _recorded THEN _value END;
BEGIN
  LOOP
    UPDATE ledger_balance b
       SET debits = b.debits + _d, credits = b.credits + _c, seq = b.seq + 1,{
           DAYS.format(d="_d", c="_c")}
     WHERE b.account_id = _account AND NOT b.closed
       AND (_d = 0 OR b.overdraft OR b.credits - b.debits - b.pending_debits >= _d)
    RETURNING b.seq, b.credits - b.debits,{WAS}
      INTO _seq, _balance, _day, _day_d, _day_c, _days;
    EXIT WHEN FOUND;
    -- Refused, unless somebody brings what is missing before this look.
    SELECT * INTO STRICT _was FROM ledger_balance WHERE account_id = _account FOR NO KEY UPDATE;
    IF _was.closed THEN PERFORM ledger_none_closed(ARRAY[_account]); END IF;
    IF _was.credits - _was.debits - _was.pending_debits < _d THEN
      PERFORM ledger_short(_account, _was.credits - _was.debits - _was.pending_debits, _d);
    END IF;
  END LOOP;
  IF _days THEN
    PERFORM ledger_keep_days(_account, _day, _day_d, _day_c, _d, _c, _value, _recorded);
  END IF;
END $$;
"""

CLOSED = "".join(
    f"REVOKE ALL ON FUNCTION {one} FROM PUBLIC;\n"
    for one in (
        "ledger_touch(bigint, numeric, numeric, date, date)",
        "ledger_keep_days(bigint, date, numeric, numeric, numeric, numeric, date, date)",
        "ledger_post_one(text, text, bigint, timestamptz, timestamptz, date, bigint, bigint, text,"
        " text, text, text, text, text, text)",
    )
)
CLOSED += "SELECT nostro_let_application_in();\n"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_application_role")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (NEW_ENOUGH, OVER, WALL, TOUCH, ONE, CLOSED)
    ]
