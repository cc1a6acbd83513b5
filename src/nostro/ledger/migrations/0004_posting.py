"""One entry, by a document that says all of it."""

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


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_accounts_and_days")]
    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (ENTER, POST)]
