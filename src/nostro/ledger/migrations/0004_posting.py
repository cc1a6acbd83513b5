"""One entry: by a document, or, where it is one transfer, by a function of its own.

`ledger_post_one`, whose every value is an argument, does what `ledger_post` does with a document,
with the same refusals and the same digest, so a key posted by one is known to the other. Reading a
document and calling a function for each of its parts cost more than all the rows that one transfer
writes.
"""

from django.db import migrations

from nostro.ledger.migrations import WRITER

ENTER = """
CREATE FUNCTION ledger_enter(_e jsonb, _digest text, OUT _id bigint, OUT _is_new boolean,
                             OUT _value date, OUT _recorded date) LANGUAGE plpgsql AS $$
DECLARE _at timestamptz := (_e->>'recorded_at')::timestamptz; _earlier text;
  _effective timestamptz := (_e->>'effective_at')::timestamptz;
BEGIN
  _recorded := (_at AT TIME ZONE 'UTC')::date;
  _value := ledger_value_date((_e->>'entity_id')::bigint,
    (_effective AT TIME ZONE 'UTC')::date, (_e->>'value_date')::date);
  INSERT INTO ledger_entry (kind, text, entity_id, recorded_at, effective_at, value_date, act,
                            decision, reverses_id, scope, key, payload)
  VALUES (_e->>'kind', _e->>'text', (_e->>'entity_id')::bigint, _at, _effective, _value,
          current_setting('nostro.act')::uuid, (_e->>'decision')::bigint,
          (_e->>'reverses')::bigint, coalesce(_e->>'scope', ''), _e->>'key', _digest)
  ON CONFLICT (key, scope) DO NOTHING RETURNING id INTO _id;
  _is_new := _id IS NOT NULL;
  IF _is_new THEN RETURN; END IF;
  SELECT id, payload INTO STRICT _id, _earlier FROM ledger_entry
   WHERE key = _e->>'key' AND scope = coalesce(_e->>'scope', '');
  IF _earlier <> _digest THEN
    RAISE EXCEPTION 'The key % was posted before with another payload.', _e->>'key'
      USING ERRCODE = 'NB002';
  END IF;
END $$;

CREATE FUNCTION ledger_about(_kind text, _entity text, _reverses text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT ' ' || coalesce(_kind, '') || '/' || coalesce(_entity, '') || '/' || coalesce(_reverses, '')
$$;

CREATE FUNCTION ledger_amount(_text text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF _text IS NULL OR _text !~ '^[1-9][0-9]{0,36}$' THEN
    RAISE EXCEPTION '“%” is no amount of whole units.', _text USING ERRCODE = 'NB006';
  END IF;
  RETURN _text::numeric;
END $$;
"""

POST = f"""
CREATE FUNCTION ledger_post(_batch jsonb) RETURNS bigint {WRITER} $$
DECLARE
  _e jsonb := _batch->'entries'->0; _legs jsonb := _e->'legs'; _accounts jsonb := _batch->'accounts';
  _last integer := jsonb_array_length(_legs) - 1; _leg jsonb; _said text := ''; _units numeric;
  _entry record; _account ledger_account; _row jsonb; _n bigint; _s integer; _t integer;
  _ids bigint[] := '{{}}'; _hot boolean[] := '{{}}'; _kept bigint[] := '{{}}';
  _from_seq bigint; _from numeric; _to_seq bigint; _to numeric;
BEGIN
  IF _last < 0 THEN RAISE EXCEPTION 'An entry moves something.' USING ERRCODE = 'NB006'; END IF;
  FOR _i IN 0 .. _last LOOP
    _leg := _legs->_i; _units := ledger_amount(_leg->>2);
    _s := (_leg->>0)::integer; _t := (_leg->>1)::integer;
    IF _accounts->_s->>'asset' <> _accounts->_t->>'asset' THEN
      RAISE EXCEPTION 'A transfer stays in one asset.' USING ERRCODE = 'NB006';
    END IF;
    _said := _said || CASE WHEN _i > 0 THEN ', ' ELSE '' END || '["' || (_accounts->_s->>'path')
      || '", "' || (_accounts->_t->>'path') || '", "' || (_accounts->_s->>'asset') || '", "'
      || (_leg->>2) || '"]';
  END LOOP;
  _entry := ledger_enter(_e, md5('[' || _said || ']' || ledger_about(
    _e->>'kind', _e->>'entity_id', _e->>'reverses')));
  IF NOT _entry._is_new THEN RETURN _entry._id; END IF;
  FOR _i IN 0 .. jsonb_array_length(_accounts) - 1 LOOP
    _row := _accounts->_i;
    SELECT * INTO _account FROM ledger_account
     WHERE path = _row->>'path' AND asset_id = _row->>'asset';
    IF NOT FOUND THEN
      _account := ledger_account_for(_row, (_e->>'recorded_at')::timestamptz);
    END IF;
    _ids := _ids || _account.id; _hot := _hot || _account.hot;
    IF NOT _account.hot THEN _kept := _kept || _account.id; END IF;
  END LOOP;
  IF cardinality(_kept) > 1 THEN PERFORM ledger_lock(_kept); END IF;
  FOR _i IN 0 .. _last LOOP
    _leg := _legs->_i; _units := (_leg->>2)::numeric; _n := nextval('ledger_transfer_id_seq');
    _s := (_leg->>0)::integer + 1; _t := (_leg->>1)::integer + 1;
    _from_seq := _n; _from := NULL; _to_seq := _n; _to := NULL;
    IF _hot[_s] THEN
      INSERT INTO ledger_tail (account_id, debits, credits, value_date, recorded_on)
      VALUES (_ids[_s], _units, 0, _entry._value, _entry._recorded);
    ELSE
      SELECT * INTO _from_seq, _from
        FROM ledger_touch(_ids[_s], _units, 0, _entry._value, _entry._recorded);
    END IF;
    IF _hot[_t] THEN
      INSERT INTO ledger_tail (account_id, debits, credits, value_date, recorded_on)
      VALUES (_ids[_t], 0, _units, _entry._value, _entry._recorded);
    ELSE
      SELECT * INTO _to_seq, _to
        FROM ledger_touch(_ids[_t], 0, _units, _entry._value, _entry._recorded);
    END IF;
    INSERT INTO ledger_transfer (id, entry_id, leg, source_id, target_id, asset_id, units,
      source_seq, source_balance, target_seq, target_balance)
    VALUES (_n, _entry._id, _i, _ids[_s], _ids[_t], _accounts->(_s - 1)->>'asset', _units,
      _from_seq, _from, _to_seq, _to);
  END LOOP;
  PERFORM ledger_none_closed(_ids);
  RETURN _entry._id;
END $$;
"""


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
) RETURNS bigint {WRITER} $$
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
                 || '"]]' || ' ' || coalesce(_kind, '') || '/' || coalesce(_entity::text, '') || '/'
                 || coalesce(_reverses::text, ''));
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
      RAISE EXCEPTION 'The key % was posted before with another payload.', _key
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
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_accounts_and_days")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (ENTER, POST, ONE)
    ]
