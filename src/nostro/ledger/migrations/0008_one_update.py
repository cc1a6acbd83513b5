"""A balance and its day in one update, and an entry of one transfer in as few statements as can be.

A client's wallet moves a few times a day, so the first move of a day is the usual one: the update
starts the new day itself and gives back what stood there before, which goes to its day's row. That
takes PostgreSQL 18, whose RETURNING knows a row as it was.
"""

from django.db import migrations

from nostro.ledger.migrations import WRITER

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

# Only a move of today counts on the balance's row: what is of another day has a row of its own.
# `_today` is the day of the move where it is recorded on that day, else nothing.
DAYS = """
           day = greatest(b.day, _today),
           day_debits = CASE WHEN b.day = _today THEN b.day_debits + {d}
                             WHEN b.day < _today THEN {d} ELSE b.day_debits END,
           day_credits = CASE WHEN b.day = _today THEN b.day_credits + {c}
                              WHEN b.day < _today THEN {c} ELSE b.day_credits END"""
WAS = """
    old.day, old.day_debits, old.day_credits,
    (old.day = _today OR old.day < _today AND old.day_debits + old.day_credits = 0) IS NOT TRUE"""
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

GIVEN = "CASE WHEN b.account_id = _s THEN _units ELSE 0 END"
TAKEN = "CASE WHEN b.account_id = _t THEN _units ELSE 0 END"

# `ledger_post_one`, whose every value is an argument, does what `ledger_post` does with a document,
# with the same refusals and the same digest, so a key posted by one is known to the other. Reading
# a document and calling a function for each of its parts cost more than all the rows that one
# transfer writes. An index is read in the order of its keys, so the lower of two accounts is
# locked first, whoever gives: no deadlock among entries.
PLACES = """
  SELECT s.id, s.hot, t.id, t.hot INTO {strict}_s, _s_hot, _t, _t_hot
    FROM ledger_account s, ledger_account t
   WHERE s.path = _source AND s.asset_id = _asset AND t.path = _target AND t.asset_id = _asset;"""
ONE = f"""
CREATE OR REPLACE FUNCTION ledger_post_one(
  _kind text, _text text, _entity bigint, _at timestamptz, _effective timestamptz, _wanted date,
  _decision bigint, _reverses bigint, _scope text, _key text, _source text, _target text,
  _asset text, _amount text, _accounts text
) RETURNS bigint {WRITER.replace(" AS", " SET enable_bitmapscan = off AS")} $$
DECLARE
  _s bigint; _t bigint; _s_hot boolean; _t_hot boolean; _closed date; _units numeric;
  _id bigint; _earlier text; _digest text; _was record; _today date;
  _recorded date := (_at AT TIME ZONE 'UTC')::date;
  _value date := coalesce(_wanted, (_effective AT TIME ZONE 'UTC')::date);
BEGIN
  IF _amount IS NULL OR _amount !~ '^[1-9][0-9]{{0,36}}$' THEN
    RAISE EXCEPTION '“%” is no amount of whole units.', _amount USING ERRCODE = 'NB006';
  END IF;
  _units := _amount::numeric;
  _digest := md5(concat('[["', _source, '", "', _target, '", "', _asset, '", "', _amount, '"]] ',
                        _kind, '/', _entity, '/', _reverses));
  IF _value < (now() AT TIME ZONE 'UTC')::date THEN
    -- Only days that are over are ever closed. Whoever closes these waits for us, and we for whoever
    -- is closing them.
    PERFORM pg_advisory_xact_lock_shared(7201, 1);
    SELECT max(through) INTO _closed FROM ledger_period
     WHERE reopened_at IS NULL AND (entity_id IS NULL OR entity_id = _entity);
    IF _value <= _closed THEN
      IF _wanted IS NOT NULL THEN
        RAISE EXCEPTION 'The books are closed.' USING ERRCODE = 'NB004', DETAIL = _closed::text;
      END IF;
      _value := _closed + 1;
    END IF;
  END IF;{PLACES.format(strict="")}
  IF _s IS NULL THEN
    PERFORM ledger_account_for(one, _at) FROM jsonb_array_elements(_accounts::jsonb) one;{
      PLACES.format(strict="STRICT ")}
  END IF;
  INSERT INTO ledger_entry (kind, text, entity_id, recorded_at, effective_at, value_date, act,
                            decision, reverses_id, scope, key, payload)
  VALUES (_kind, _text, _entity, _at, _effective, _value, current_setting('nostro.act')::uuid,
          _decision, _reverses, _scope, _key, _digest)
  ON CONFLICT (key, scope) DO NOTHING RETURNING id INTO _id;
  IF _id IS NULL THEN
    SELECT id, payload INTO STRICT _id, _earlier FROM ledger_entry
     WHERE key = _key AND scope = _scope;
    IF _earlier <> _digest THEN
      RAISE EXCEPTION 'The key % was posted before with another payload.', _key
        USING ERRCODE = 'NB002';
    END IF;
    RETURN _id;
  END IF;
  IF _value = _recorded THEN _today := _value; END IF;
  IF _s_hot THEN
    INSERT INTO ledger_tail (account_id, debits, credits, value_date, recorded_on)
    VALUES (_s, _units, 0, _value, _recorded);
  END IF;
  IF _t_hot THEN
    INSERT INTO ledger_tail (account_id, debits, credits, value_date, recorded_on)
    VALUES (_t, 0, _units, _value, _recorded);
  END IF;
  WITH moved AS (
    UPDATE ledger_balance b
       SET debits = b.debits + {GIVEN}, credits = b.credits + {TAKEN}, seq = b.seq + 1,{
           DAYS.format(d=GIVEN, c=TAKEN)}
     WHERE b.account_id = ANY (ARRAY[CASE WHEN NOT _s_hot THEN _s END,
                                     CASE WHEN NOT _t_hot THEN _t END]) AND NOT b.closed
       AND (b.account_id = _t OR b.overdraft
            OR b.credits - b.debits - b.pending_debits >= _units)
    RETURNING b.account_id, b.seq, b.credits - b.debits,{WAS}
  ), sides AS MATERIALIZED (
    SELECT nextval('ledger_transfer_id_seq') AS n, s.*, t.*
      FROM (SELECT) x
      LEFT JOIN moved AS s(s, s_seq, s_stands, s_day, s_d, s_c, s_days) ON s = _s
      LEFT JOIN moved AS t(t, t_seq, t_stands, t_day, t_d, t_c, t_days) ON t = _t
  ), written AS (
    INSERT INTO ledger_transfer (id, entry_id, leg, source_id, target_id, asset_id, units,
      source_seq, source_balance, target_seq, target_balance)
    SELECT n, _id, 0, _s, _t, _asset, _units, coalesce(s_seq, n), s_stands, coalesce(t_seq, n),
           t_stands
      FROM sides WHERE (_s_hot OR s IS NOT NULL) AND (_t_hot OR t IS NOT NULL)
  )
  SELECT * INTO _was FROM sides;
  IF NOT (_s_hot OR _was.s IS NOT NULL) OR NOT (_t_hot OR _was.t IS NOT NULL) THEN
    -- Refused; or somebody brought in time what was missing a moment ago.
    IF NOT _s_hot AND _was.s IS NULL THEN
      SELECT * INTO _was.s_seq, _was.s_stands FROM ledger_touch(_s, _units, 0, _value, _recorded);
    END IF;
    IF NOT _t_hot AND _was.t IS NULL THEN
      SELECT * INTO _was.t_seq, _was.t_stands FROM ledger_touch(_t, 0, _units, _value, _recorded);
    END IF;
    INSERT INTO ledger_transfer (id, entry_id, leg, source_id, target_id, asset_id, units,
      source_seq, source_balance, target_seq, target_balance)
    VALUES (_was.n, _id, 0, _s, _t, _asset, _units, coalesce(_was.s_seq, _was.n), _was.s_stands,
      coalesce(_was.t_seq, _was.n), _was.t_stands);
  END IF;
  IF _was.s_days THEN
    PERFORM ledger_keep_days(_s, _was.s_day, _was.s_d, _was.s_c, _units, 0, _value, _recorded);
  END IF;
  IF _was.t_days THEN
    PERFORM ledger_keep_days(_t, _was.t_day, _was.t_d, _was.t_c, 0, _units, _value, _recorded);
  END IF;
  -- A kept account that is closed is seen on its balance; a hot one only here, after its leg's
  -- foreign key holds it.
  IF _s_hot OR _t_hot THEN PERFORM ledger_none_closed(ARRAY[_s, _t]); END IF;
  RETURN _id;
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
