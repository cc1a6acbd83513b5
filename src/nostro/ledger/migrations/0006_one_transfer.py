"""The most frequent entry, one transfer, by a function of its own: every value is an argument.

It does what `ledger_post` does with a document, with the same refusals and the same digest, so a
key posted by one is known to the other. Reading a document and calling a function for each of its
parts cost more than all the rows that one transfer writes.
"""

from django.db import migrations

SETTINGS = """
  SET search_path = public, pg_temp SET nostro.posting = 'yes' SET jit = off
  SET enable_seqscan = off SET plan_cache_mode = force_generic_plan"""


def touched(account: str, debits: str, credits: str, room: str, into: str) -> str:
    """One balance moved: at once where its day is today's, else by `ledger_touch`."""
    return f"""
    UPDATE ledger_balance b
       SET debits = b.debits + {debits}, credits = b.credits + {credits}, seq = b.seq + 1,
           day_debits = b.day_debits + {debits}, day_credits = b.day_credits + {credits}
     WHERE b.account_id = {account} AND b.day = _value AND _value = _recorded
       AND NOT b.closed{room}
    RETURNING b.seq, b.credits - b.debits INTO {into}_seq, {into};
    IF NOT FOUND THEN
      SELECT * INTO {into}_seq, {into}
        FROM ledger_touch({account}, {debits}, {credits}, _value, _recorded);
    END IF;"""


ROOM = " AND (b.overdraft OR b.credits - b.debits - b.pending_debits >= _units)"
GIVE = touched("_s", "_units", "0", ROOM, "_from")
TAKE = touched("_t", "0", "_units", "", "_to")

ONE = f"""
CREATE FUNCTION ledger_post_one(
  _kind text, _text text, _entity bigint, _at timestamptz, _effective timestamptz, _wanted date,
  _decision bigint, _reverses bigint, _scope text, _key text, _source text, _target text,
  _asset text, _amount text, _accounts text
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER{SETTINGS} AS $$
DECLARE
  _s bigint; _t bigint; _s_hot boolean; _t_hot boolean; _closed date; _units numeric;
  _id bigint; _n bigint; _earlier text; _digest text;
  _recorded date := (_at AT TIME ZONE 'UTC')::date;
  _value date := coalesce(_wanted, (_effective AT TIME ZONE 'UTC')::date);
  _from numeric; _from_seq bigint; _to numeric; _to_seq bigint;
BEGIN
  IF _amount IS NULL OR _amount !~ '^[1-9][0-9]{{0,36}}$' THEN
    RAISE EXCEPTION '“%” is no amount of whole units.', _amount USING ERRCODE = 'NB006';
  END IF;
  _units := _amount::numeric;
  _digest := md5('[["' || _source || '", "' || _target || '", "' || _asset || '", "' || _amount
                 || '"]]');
  IF _value < current_date THEN
    -- Whoever closes these days waits for us, and we for whoever is closing them.
    PERFORM pg_advisory_xact_lock_shared(7201, 1);
  END IF;
  SELECT s.id, s.hot, t.id, t.hot, (SELECT max(through) FROM ledger_period
          WHERE reopened_at IS NULL AND (entity_id IS NULL OR entity_id = _entity))
    INTO _s, _s_hot, _t, _t_hot, _closed
    FROM ledger_account s, ledger_account t
   WHERE s.path = _source AND s.asset_id = _asset AND t.path = _target AND t.asset_id = _asset;
  IF _s IS NULL THEN
    PERFORM ledger_account_for(one, _at) FROM jsonb_array_elements(_accounts::jsonb) one;
    SELECT s.id, s.hot, t.id, t.hot, (SELECT max(through) FROM ledger_period
            WHERE reopened_at IS NULL AND (entity_id IS NULL OR entity_id = _entity))
      INTO STRICT _s, _s_hot, _t, _t_hot, _closed
      FROM ledger_account s, ledger_account t
     WHERE s.path = _source AND s.asset_id = _asset AND t.path = _target AND t.asset_id = _asset;
  END IF;
  IF _value <= _closed THEN
    IF _wanted IS NOT NULL THEN
      RAISE EXCEPTION 'The books are closed.' USING ERRCODE = 'NB004', DETAIL = _closed::text;
    END IF;
    _value := _closed + 1;
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
      RAISE EXCEPTION 'The key % was posted before with another amount.', _key
        USING ERRCODE = 'NB002';
    END IF;
    RETURN _id;
  END IF;
  _n := nextval('ledger_transfer_id_seq'); _from_seq := _n; _to_seq := _n;
  IF _s_hot THEN
    INSERT INTO ledger_tail (account_id, debits, credits, value_date, recorded_on)
    VALUES (_s, _units, 0, _value, _recorded);
  -- The lower of two kept accounts first, whoever gives: no deadlock among entries.
  ELSIF _t_hot OR _s < _t THEN{GIVE}
  END IF;
  IF _t_hot THEN
    INSERT INTO ledger_tail (account_id, debits, credits, value_date, recorded_on)
    VALUES (_t, 0, _units, _value, _recorded);
  ELSE{TAKE}
  END IF;
  IF NOT _s_hot AND NOT _t_hot AND _s > _t THEN{GIVE}
  END IF;
  INSERT INTO ledger_transfer (id, entry_id, leg, source_id, target_id, asset_id, units,
    source_seq, source_balance, target_seq, target_balance)
  VALUES (_n, _id, 0, _s, _t, _asset, _units, _from_seq, _from, _to_seq, _to);
  -- A kept account that is closed is seen on its balance; a hot one only here, after its leg's
  -- foreign key holds it.
  IF _s_hot OR _t_hot THEN PERFORM ledger_none_closed(ARRAY[_s, _t]); END IF;
  RETURN _id;
END $$;
REVOKE ALL ON FUNCTION ledger_post_one(text, text, bigint, timestamptz, timestamptz, date, bigint,
  bigint, text, text, text, text, text, text, text) FROM PUBLIC;
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

LET_IN = "SELECT nostro_let_application_in();"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_application_role")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (ONE, AT_ONCE, LET_IN)
    ]
