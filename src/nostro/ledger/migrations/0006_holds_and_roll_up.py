"""Money that is held until it moves or is let go, and the tails of hot accounts brought in."""

from django.db import migrations

from nostro.ledger.migrations import WRITER

HOLDS = f"""
CREATE FUNCTION ledger_hold(_batch jsonb) RETURNS bigint {WRITER} $$
DECLARE _e jsonb := _batch->'entries'->0; _leg jsonb := _e->'legs'->0; _entry record;
  _units numeric := ledger_amount(_leg->>2); _source ledger_account; _target ledger_account;
  _from jsonb := _batch->'accounts'->((_leg->>0)::integer);
  _into jsonb := _batch->'accounts'->((_leg->>1)::integer); _was ledger_balance; _id bigint;
BEGIN
  _entry := ledger_enter(_e, md5(format('hold %s %s %s %s', _from->>'path', _into->>'path',
                                        _from->>'asset', _units)));
  IF NOT _entry._is_new THEN
    SELECT id INTO STRICT _id FROM ledger_hold WHERE entry_id = _entry._id;
    RETURN _id;
  END IF;
  _source := ledger_account_for(_from, (_e->>'recorded_at')::timestamptz);
  _target := ledger_account_for(_into, (_e->>'recorded_at')::timestamptz);
  IF _source.hot THEN
    RAISE EXCEPTION 'Nothing can be held on %: it keeps no balance of its own.', _source.path
      USING ERRCODE = 'NB007';
  END IF;
  IF NOT _target.hot THEN PERFORM ledger_lock(ARRAY[_source.id, _target.id]); END IF;
  SELECT * INTO STRICT _was FROM ledger_balance WHERE account_id = _source.id FOR NO KEY UPDATE;
  IF NOT _was.overdraft AND _was.credits - _was.debits - _was.pending_debits < _units THEN
    PERFORM ledger_short(_source.id, _was.credits - _was.debits - _was.pending_debits, _units);
  END IF;
  UPDATE ledger_balance SET pending_debits = pending_debits + _units
   WHERE account_id = _source.id;
  IF NOT _target.hot THEN
    UPDATE ledger_balance SET pending_credits = pending_credits + _units
     WHERE account_id = _target.id;
  END IF;
  INSERT INTO ledger_hold (entry_id, state, source_id, target_id, asset_id, units, expires_at)
  VALUES (_entry._id, 'pending', _source.id, _target.id, _source.asset_id, _units,
          (_e->>'expires_at')::timestamptz)
  RETURNING id INTO _id;
  PERFORM ledger_none_closed(ARRAY[_source.id, _target.id]);
  RETURN _id;
END $$;

CREATE FUNCTION ledger_end_hold(_batch jsonb) RETURNS bigint {WRITER} $$
DECLARE _e jsonb := _batch->'entries'->0; _held ledger_hold; _entry record; _units numeric := 0;
  _posts boolean := _e->>'way' = 'post'; _to_hot boolean; _n bigint;
  _from_seq bigint; _from numeric; _to_seq bigint; _to numeric;
BEGIN
  SELECT * INTO _held FROM ledger_hold
   WHERE id = (_e->>'hold')::bigint AND state = 'pending';
  IF NOT FOUND THEN RAISE EXCEPTION 'There is no such hold.' USING ERRCODE = 'NB007'; END IF;
  IF _posts THEN _units := ledger_amount(coalesce(_e->>'units', _held.units::text)); END IF;
  _entry := ledger_enter(_e, md5(format('%s %s %s', _e->>'way', _held.id, _units)));
  IF NOT _entry._is_new THEN RETURN _entry._id; END IF;
  SELECT hot INTO STRICT _to_hot FROM ledger_account WHERE id = _held.target_id;
  PERFORM ledger_lock(CASE WHEN _to_hot THEN ARRAY[_held.source_id]
                           ELSE ARRAY[_held.source_id, _held.target_id] END);
  -- Whoever ends this hold has the lock on its source: what is read now is what there is.
  IF EXISTS (SELECT 1 FROM ledger_hold WHERE pending_id = _held.id) THEN
    RAISE EXCEPTION 'This hold has ended already.' USING ERRCODE = 'NB008';
  END IF;
  IF _posts AND _held.expires_at <= (_e->>'recorded_at')::timestamptz THEN
    RAISE EXCEPTION 'This hold has expired.' USING ERRCODE = 'NB009';
  END IF;
  IF _units > _held.units THEN
    PERFORM ledger_short(_held.source_id, _held.units, _units);
  END IF;
  UPDATE ledger_balance SET pending_debits = pending_debits - _held.units
   WHERE account_id = _held.source_id;
  IF NOT _to_hot THEN
    UPDATE ledger_balance SET pending_credits = pending_credits - _held.units
     WHERE account_id = _held.target_id;
  END IF;
  INSERT INTO ledger_hold (entry_id, state, pending_id, source_id, target_id, asset_id, units)
  VALUES (_entry._id, CASE WHEN _posts THEN 'post' ELSE 'void' END, _held.id, _held.source_id,
          _held.target_id, _held.asset_id, _units);
  IF NOT _posts THEN RETURN _entry._id; END IF;
  _n := nextval('ledger_transfer_id_seq'); _to_seq := _n;
  SELECT * INTO _from_seq, _from
    FROM ledger_touch(_held.source_id, _units, 0, _entry._value, _entry._recorded);
  IF _to_hot THEN
    INSERT INTO ledger_tail (account_id, debits, credits, value_date, recorded_on)
    VALUES (_held.target_id, 0, _units, _entry._value, _entry._recorded);
  ELSE
    SELECT * INTO _to_seq, _to
      FROM ledger_touch(_held.target_id, 0, _units, _entry._value, _entry._recorded);
  END IF;
  INSERT INTO ledger_transfer (id, entry_id, leg, source_id, target_id, asset_id, units,
    source_seq, source_balance, target_seq, target_balance, pending_id)
  VALUES (_n, _entry._id, 0, _held.source_id, _held.target_id, _held.asset_id, _units,
    _from_seq, _from, _to_seq, _to, _held.id);
  PERFORM ledger_none_closed(ARRAY[_held.source_id, _held.target_id]);
  RETURN _entry._id;
END $$;
"""

# Posters only add to the tail, and a roll-up takes what was committed when it looked: neither
# waits for the other. Two roll-ups share the rows, none is counted twice.
ROLL_UP = f"""
CREATE FUNCTION ledger_roll_up(_most integer DEFAULT 200000) RETURNS bigint {WRITER} $$
DECLARE _rolled bigint;
BEGIN
  WITH gone AS (
    DELETE FROM ledger_tail WHERE id = ANY (ARRAY(
      SELECT id FROM ledger_tail ORDER BY id LIMIT _most FOR UPDATE SKIP LOCKED))
    RETURNING account_id, value_date, recorded_on, debits, credits, legs
  ), sums AS MATERIALIZED (
    SELECT account_id, value_date, recorded_on, sum(debits) AS d, sum(credits) AS c,
           sum(legs) AS legs, count(*) AS rows_
      FROM gone GROUP BY 1, 2, 3
  ), days AS (
    INSERT INTO ledger_day AS x (account_id, value_date, recorded_on, debits, credits)
    SELECT account_id, value_date, recorded_on, d, c FROM sums ORDER BY 1, 2, 3
    ON CONFLICT (account_id, value_date, recorded_on)
    DO UPDATE SET debits = x.debits + excluded.debits, credits = x.credits + excluded.credits
  ), balances AS (
    UPDATE ledger_balance b SET debits = b.debits + x.d, credits = b.credits + x.c,
                                seq = b.seq + x.legs
      FROM (SELECT account_id, sum(d) AS d, sum(c) AS c, sum(legs) AS legs
              FROM sums GROUP BY account_id) x
     WHERE x.account_id = b.account_id
  )
  SELECT coalesce(sum(rows_), 0) INTO _rolled FROM sums;
  RETURN _rolled;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_batches")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (HOLDS, ROLL_UP)
    ]
