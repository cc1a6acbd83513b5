"""Posting once more: one entry by a short way, up to a thousand as a set; holds, days, periods.

Whoever may call these functions need not, and does not, have the right to write the tables.
What they refuse bears a code of its own: NB001 not enough, NB002 the same key with another
payload, NB003 closed account, NB004 closed period, NB005 no such asset, NB006 no amount, NB007 no
hold there, NB008 the hold has ended, NB009 the hold has expired.
"""

from django.db import migrations

# Every plan is made for index look-ups and made once, whatever a table's statistics say today.
SETTINGS = """
  SET search_path = public, pg_temp SET nostro.posting = 'yes' SET jit = off
  SET enable_seqscan = off SET plan_cache_mode = force_generic_plan"""
WRITER = f"LANGUAGE plpgsql SECURITY DEFINER{SETTINGS} AS"

SHAPE = """
ALTER TABLE ledger_balance SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE ledger_account SET (fillfactor = 80);
ALTER TABLE ledger_hold
  ADD CONSTRAINT ledger_hold_source_asset FOREIGN KEY (source_id, asset_id)
    REFERENCES ledger_account (id, asset_id),
  ADD CONSTRAINT ledger_hold_target_asset FOREIGN KEY (target_id, asset_id)
    REFERENCES ledger_account (id, asset_id);
DROP FUNCTION ledger_roll_up();
DROP FUNCTION ledger_post_many(jsonb);
DROP FUNCTION ledger_post(jsonb);
DROP FUNCTION ledger_account_for(jsonb, text, timestamptz);
"""

WALLS = "".join(
    f"CREATE TRIGGER ledger_wall BEFORE INSERT OR UPDATE OR DELETE ON ledger_{table}"
    " FOR EACH STATEMENT WHEN (coalesce(current_setting('nostro.posting', true), '') = '')"
    " EXECUTE FUNCTION ledger_wall();\n"
    f"CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON ledger_{table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger_wall();\n"
    for table in ("day", "hold", "period")
) + "".join(
    f"CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE ON ledger_{table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();\n"
    for table in ("hold", "quote", "exchange", "revaluation", "verification")
)

ACCOUNTS = f"""
CREATE FUNCTION ledger_account_for(_account jsonb, _at timestamptz)
RETURNS ledger_account LANGUAGE plpgsql AS $$
DECLARE _found ledger_account;
BEGIN
  SELECT * INTO _found FROM ledger_account
   WHERE path = _account->>'path' AND asset_id = _account->>'asset';
  IF _found.id IS NOT NULL THEN RETURN _found; END IF;
  IF NOT EXISTS (SELECT 1 FROM ledger_asset WHERE code = _account->>'asset') THEN
    RAISE EXCEPTION 'The ledger keeps no %.', _account->>'asset' USING ERRCODE = 'NB005';
  END IF;
  INSERT INTO ledger_account (path, title, asset_id, of_clients, overdraft, hot, client_id,
                              partner_id, opened_at)
  VALUES (_account->>'path', _account->>'title', _account->>'asset',
          _account->>'owner' = 'client', (_account->>'overdraft')::boolean,
          (_account->>'hot')::boolean, (_account->>'client_id')::bigint,
          (_account->>'partner_id')::bigint, _at)
  ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT _found FROM ledger_account
   WHERE path = _account->>'path' AND asset_id = _account->>'asset';
  INSERT INTO ledger_balance (account_id, debits, credits, overdraft, seq)
  VALUES (_found.id, 0, 0, _found.overdraft, 0) ON CONFLICT DO NOTHING;
  RETURN _found;
END $$;

CREATE FUNCTION ledger_none_closed(_accounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE _path text;
BEGIN
  -- After the legs are written: their foreign keys hold the accounts' rows against whoever closes.
  SELECT path INTO _path FROM ledger_account
   WHERE id = ANY (_accounts) AND closed_at IS NOT NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The account % is closed.', _path USING ERRCODE = 'NB003', DETAIL = _path;
  END IF;
END $$;

CREATE FUNCTION ledger_close_account(_account bigint, _at timestamptz) RETURNS void
{WRITER} $$
DECLARE _row ledger_account; _balance ledger_balance;
BEGIN
  SELECT * INTO STRICT _row FROM ledger_account WHERE id = _account FOR UPDATE;
  SELECT * INTO STRICT _balance FROM ledger_balance WHERE account_id = _account FOR UPDATE;
  IF (SELECT debits <> credits FROM ledger_standing WHERE account_id = _account)
     OR _balance.pending_debits <> 0 OR _balance.pending_credits <> 0 THEN
    RAISE EXCEPTION 'Something stands on %.', _row.path USING ERRCODE = 'NB003';
  END IF;
  UPDATE ledger_account SET closed_at = _at WHERE id = _account;
  UPDATE ledger_balance SET closed = true WHERE account_id = _account;
END $$;

CREATE FUNCTION ledger_reopen_account(_account bigint) RETURNS void
{WRITER} $$
BEGIN
  UPDATE ledger_account SET closed_at = NULL WHERE id = _account;
  UPDATE ledger_balance SET closed = false WHERE account_id = _account;
END $$;

CREATE FUNCTION ledger_add_asset(_code text, _scale integer, _kind text) RETURNS void
{WRITER} $$
BEGIN
  INSERT INTO ledger_asset (code, scale, kind) VALUES (_code, _scale, _kind);
END $$;
"""

PERIODS = f"""
CREATE FUNCTION ledger_value_date(_entity bigint, _effective date, _wanted date) RETURNS date
LANGUAGE plpgsql AS $$
DECLARE _day date := coalesce(_wanted, _effective); _closed date;
BEGIN
  IF _day < current_date THEN
    -- Whoever closes these days waits for us, and we for whoever is closing them.
    PERFORM pg_advisory_xact_lock_shared(7201, 1);
  END IF;
  SELECT max(through) INTO _closed FROM ledger_period
   WHERE reopened_at IS NULL AND (entity_id IS NULL OR entity_id = _entity);
  IF _closed IS NULL OR _day > _closed THEN RETURN _day; END IF;
  IF _wanted IS NOT NULL THEN
    RAISE EXCEPTION 'The books are closed.' USING ERRCODE = 'NB004', DETAIL = _closed::text;
  END IF;
  RETURN _closed + 1;
END $$;

CREATE FUNCTION ledger_close_period(_entity bigint, _through date, _at timestamptz)
RETURNS bigint {WRITER} $$
DECLARE _id bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(7201, 1);
  IF EXISTS (SELECT 1 FROM ledger_period WHERE entity_id IS NOT DISTINCT FROM _entity
              AND reopened_at IS NULL AND through >= _through) THEN
    RAISE EXCEPTION 'These days are closed already.' USING ERRCODE = 'NB004',
      DETAIL = _through::text;
  END IF;
  INSERT INTO ledger_period (entity_id, through, closed_at) VALUES (_entity, _through, _at)
  RETURNING id INTO _id;
  RETURN _id;
END $$;

CREATE FUNCTION ledger_reopen_period(_period bigint, _at timestamptz) RETURNS void
{WRITER} $$
BEGIN
  PERFORM pg_advisory_xact_lock(7201, 1);
  UPDATE ledger_period SET reopened_at = _at WHERE id = _period AND reopened_at IS NULL;
END $$;
"""

# The day in progress lies on the balance's row, so that it costs no statement of its own.
TOUCH = """
CREATE FUNCTION ledger_add_day(_account bigint, _value date, _recorded date, _d numeric,
                               _c numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ledger_day AS x (account_id, value_date, recorded_on, debits, credits)
  VALUES (_account, _value, _recorded, _d, _c)
  ON CONFLICT (account_id, value_date, recorded_on)
  DO UPDATE SET debits = x.debits + excluded.debits, credits = x.credits + excluded.credits;
END $$;

CREATE FUNCTION ledger_short(_account bigint, _there numeric, _units numeric) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE _row ledger_account;
BEGIN
  SELECT * INTO STRICT _row FROM ledger_account WHERE id = _account;
  RAISE EXCEPTION 'not enough' USING ERRCODE = 'NB001', DETAIL = json_build_object(
    'path', _row.path, 'asset', _row.asset_id, 'units', _units, 'there', _there)::text;
END $$;

CREATE FUNCTION ledger_touch(_account bigint, _d numeric, _c numeric, _value date,
                             _recorded date, OUT _seq bigint, OUT _balance numeric)
LANGUAGE plpgsql AS $$
DECLARE _was ledger_balance; _today boolean;
BEGIN
  UPDATE ledger_balance b
     SET debits = b.debits + _d, credits = b.credits + _c, seq = b.seq + 1,
         day_debits = b.day_debits + _d, day_credits = b.day_credits + _c
   WHERE b.account_id = _account AND b.day = _value AND _value = _recorded AND NOT b.closed
     AND (_d = 0 OR b.overdraft OR b.credits - b.debits - b.pending_debits >= _d)
  RETURNING b.seq, b.credits - b.debits INTO _seq, _balance;
  IF FOUND THEN RETURN; END IF;
  SELECT * INTO STRICT _was FROM ledger_balance WHERE account_id = _account FOR NO KEY UPDATE;
  IF _was.closed THEN PERFORM ledger_none_closed(ARRAY[_account]); END IF;
  IF _d > 0 AND NOT _was.overdraft AND _was.credits - _was.debits - _was.pending_debits < _d THEN
    PERFORM ledger_short(_account, _was.credits - _was.debits - _was.pending_debits, _d);
  END IF;
  _today := _value = _recorded AND _value >= _was.day;
  IF _today AND _value > _was.day AND (_was.day_debits > 0 OR _was.day_credits > 0) THEN
    PERFORM ledger_add_day(_account, _was.day, _was.day, _was.day_debits, _was.day_credits);
  ELSIF NOT _today THEN
    PERFORM ledger_add_day(_account, _value, _recorded, _d, _c);
  END IF;
  UPDATE ledger_balance b
     SET debits = b.debits + _d, credits = b.credits + _c, seq = b.seq + 1,
         day = CASE WHEN _today THEN _value ELSE b.day END,
         day_debits = CASE WHEN _today AND _value > b.day THEN _d
                           WHEN _today THEN b.day_debits + _d ELSE b.day_debits END,
         day_credits = CASE WHEN _today AND _value > b.day THEN _c
                            WHEN _today THEN b.day_credits + _c ELSE b.day_credits END
   WHERE b.account_id = _account
  RETURNING b.seq, b.credits - b.debits INTO _seq, _balance;
END $$;

CREATE FUNCTION ledger_lock(_accounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- In one order, whoever comes: no deadlock among entries.
  PERFORM 1 FROM ledger_balance WHERE account_id = ANY (_accounts)
    ORDER BY account_id FOR NO KEY UPDATE;
END $$;
"""

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
    RAISE EXCEPTION 'The key % was posted before with another amount.', _e->>'key'
      USING ERRCODE = 'NB002';
  END IF;
END $$;

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
  _entry := ledger_enter(_e, md5('[' || _said || ']'));
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

# Arrays stand beside each other and are read by their subscripts: no step joins what it was given
# with itself, which a planner that cannot know how much it was given does row against row.
MANY = f"""
CREATE FUNCTION ledger_post_many(_batch jsonb) RETURNS bigint[] {WRITER} $$
DECLARE
  _accounts jsonb := _batch->'accounts'; _entries jsonb := _batch->'entries';
  _count integer := jsonb_array_length(_entries);
  _path text[]; _asset text[]; _acc bigint[]; _hot boolean[]; _opened ledger_account;
  _id bigint[]; _fresh bigint[]; _is_new boolean[]; _value date[]; _recorded date[];
  _digest text[]; _known text[]; _key text[]; _scope text[]; _refused date; _differs boolean;
  _n integer[]; _no integer[]; _s integer[]; _t integer[]; _u numeric[]; _bad text;
  _seq bigint[]; _stands numeric[]; _held numeric[]; _bound boolean[];
  _day date[]; _day_d numeric[]; _day_c numeric[];
  _from_seq bigint[]; _from numeric[]; _to_seq bigint[]; _to numeric[]; _short integer;
BEGIN
  SELECT array_agg(j->>'path'), array_agg(j->>'asset') INTO _path, _asset
    FROM (SELECT j FROM jsonb_array_elements(_accounts) WITH ORDINALITY x(j, n) ORDER BY n) x;
  SELECT array_agg(n), array_agg(no - 1), array_agg(s), array_agg(t),
         array_agg(CASE WHEN u ~ '^[1-9][0-9]{{0,36}}$' THEN u::numeric END),
         min(coalesce(u, 'nothing')) FILTER (WHERE u !~ '^[1-9][0-9]{{0,36}}$' OR u IS NULL
                         OR _asset[s] IS DISTINCT FROM _asset[t] OR _asset[s] IS NULL)
    INTO _n, _no, _s, _t, _u, _bad
    FROM (SELECT e.n, l.no, (l.j->>0)::integer + 1 AS s, (l.j->>1)::integer + 1 AS t,
                 l.j->>2 AS u
            FROM jsonb_array_elements(_entries) WITH ORDINALITY e(j, n),
                 jsonb_array_elements(e.j->'legs') WITH ORDINALITY l(j, no)
           ORDER BY e.n, l.no) x;
  IF _bad IS NOT NULL THEN
    RAISE EXCEPTION '“%” is no amount of whole units of one asset.', _bad
      USING ERRCODE = 'NB006';
  END IF;
  SELECT array_agg(digest) INTO _digest FROM (
    SELECT n, md5('[' || string_agg('["' || _path[s] || '", "' || _path[t] || '", "' || _asset[s]
             || '", "' || u || '"]', ', ' ORDER BY no) || ']') AS digest
      FROM unnest(_n, _no, _s, _t, _u) AS x(n, no, s, t, u) GROUP BY n ORDER BY n) x;
  IF cardinality(_digest) IS DISTINCT FROM _count THEN
    RAISE EXCEPTION 'An entry moves something.' USING ERRCODE = 'NB006';
  END IF;
  SELECT array_agg(nextval('ledger_entry_id_seq')) INTO _fresh FROM generate_series(1, _count);
  PERFORM pg_advisory_xact_lock_shared(7201, 1);
  WITH e AS MATERIALIZED (
    SELECT r.*, coalesce(r.scope0, '') AS scope,
           (r.effective_at AT TIME ZONE 'UTC')::date AS effective_on,
           (SELECT max(p.through) FROM ledger_period p WHERE p.reopened_at IS NULL
               AND (p.entity_id IS NULL OR p.entity_id = r.entity_id)) AS closed,
           first_value(r.n) OVER w AS first
      FROM ROWS FROM (jsonb_to_recordset(_entries) AS (
             kind text, text text, entity_id bigint, recorded_at timestamptz,
             effective_at timestamptz, value_date date, decision bigint, reverses bigint,
             scope text, key text)) WITH ORDINALITY
           AS r(kind, text, entity_id, recorded_at, effective_at, value_date, decision, reverses,
                scope0, key, n)
    WINDOW w AS (PARTITION BY r.key, coalesce(r.scope0, '') ORDER BY r.n)
  ), made AS (
    INSERT INTO ledger_entry (id, kind, text, entity_id, recorded_at, effective_at, value_date,
                              act, decision, reverses_id, scope, key, payload)
    SELECT _fresh[n], kind, text, entity_id, recorded_at, effective_at,
           greatest(coalesce(value_date, effective_on), closed + 1),
           current_setting('nostro.act')::uuid, decision, reverses, scope, key, _digest[n]
      FROM e WHERE first = n ORDER BY key, scope
    ON CONFLICT (key, scope) DO NOTHING
    RETURNING id, key, scope, value_date
  ), both_ AS (
    SELECT e.n, m.id, e.first = e.n AND m.id IS NOT NULL AS is_new, m.value_date,
           (e.recorded_at AT TIME ZONE 'UTC')::date AS recorded, e.key, e.scope,
           CASE WHEN e.value_date <= e.closed THEN e.closed END AS refused,
           _digest[e.first] <> _digest[e.n] AS differs
      FROM e LEFT JOIN made m ON m.key = e.key AND m.scope = e.scope ORDER BY e.n)
  SELECT array_agg(id), array_agg(is_new), array_agg(value_date), array_agg(recorded),
         array_agg(key), array_agg(scope), max(refused), bool_or(differs)
    INTO _id, _is_new, _value, _recorded, _key, _scope, _refused, _differs FROM both_;
  IF _refused IS NOT NULL THEN
    RAISE EXCEPTION 'The books are closed.' USING ERRCODE = 'NB004', DETAIL = _refused::text;
  END IF;
  IF array_position(_id, NULL) IS NOT NULL THEN
    SELECT array_agg(coalesce(_id[x.n], o.id)), _differs OR bool_or(o.payload <> _digest[x.n])
      INTO _id, _differs
      FROM (SELECT n::integer FROM generate_series(1, _count) n) x
      LEFT JOIN LATERAL (SELECT id, payload FROM ledger_entry
                          WHERE _id[x.n] IS NULL AND key = _key[x.n] AND scope = _scope[x.n]
                         OFFSET 0) o ON true;
  END IF;
  IF _differs THEN
    RAISE EXCEPTION 'A key was posted before with another amount.' USING ERRCODE = 'NB002';
  END IF;
  IF array_position(_is_new, false) IS NOT NULL THEN
    SELECT array_agg(n), array_agg(no), array_agg(s), array_agg(t), array_agg(u)
      INTO _n, _no, _s, _t, _u
      FROM unnest(_n, _no, _s, _t, _u) AS x(n, no, s, t, u) WHERE _is_new[n];
    IF _n IS NULL THEN RETURN _id; END IF;
  END IF;
  SELECT array_agg(a.id ORDER BY x.n), array_agg(a.hot ORDER BY x.n) INTO _acc, _hot
    FROM unnest(_path, _asset) WITH ORDINALITY AS x(path, asset, n)
    LEFT JOIN LATERAL (SELECT id, hot FROM ledger_account a
                        WHERE a.path = x.path AND a.asset_id = x.asset OFFSET 0) a ON true;
  FOR _i IN 1 .. cardinality(_path) LOOP
    IF _acc[_i] IS NULL THEN
      _opened := ledger_account_for(
        _accounts->(_i - 1), (_entries->0->>'recorded_at')::timestamptz);
      _acc[_i] := _opened.id; _hot[_i] := _opened.hot;
    END IF;
  END LOOP;
  IF (SELECT count(DISTINCT x) FROM unnest(_acc) x) <> cardinality(_acc) THEN
    RAISE EXCEPTION 'An account is named once in a batch.' USING ERRCODE = 'NB006';
  END IF;
  PERFORM 1 FROM ledger_balance
    WHERE account_id IN (SELECT x.a FROM unnest(_acc, _hot) x(a, h) WHERE NOT x.h)
    ORDER BY account_id FOR NO KEY UPDATE;
  SELECT array_agg(b.seq), array_agg(b.credits - b.debits), array_agg(b.pending_debits),
         array_agg(NOT b.overdraft), array_agg(b.day), array_agg(b.day_debits),
         array_agg(b.day_credits)
    INTO _seq, _stands, _held, _bound, _day, _day_d, _day_c
    FROM (SELECT b.* FROM unnest(_acc) WITH ORDINALITY AS x(id, n)
            JOIN LATERAL (SELECT * FROM ledger_balance WHERE account_id = x.id OFFSET 0) b ON true
           ORDER BY x.n) b;
  WITH events AS (
    SELECT o, true AS gives, s AS a, -u AS delta
      FROM unnest(_s, _u) WITH ORDINALITY AS x(s, u, o)
     UNION ALL
    SELECT o, false, t, u FROM unnest(_t, _u) WITH ORDINALITY AS x(t, u, o)
  ), run AS (
    SELECT o, gives, a, CASE WHEN NOT _hot[a] THEN _seq[a] + row_number() OVER w END AS seq,
           CASE WHEN NOT _hot[a] THEN _stands[a] + sum(delta) OVER w END AS stands
      FROM events
    WINDOW w AS (PARTITION BY a ORDER BY o ROWS UNBOUNDED PRECEDING)
  ), legs AS (
    SELECT o, max(seq) FILTER (WHERE gives) AS from_seq, max(stands) FILTER (WHERE gives) AS from_,
           max(seq) FILTER (WHERE NOT gives) AS to_seq, max(stands) FILTER (WHERE NOT gives) AS to_,
           bool_or(gives AND _bound[a] AND stands < _held[a]) AS short
      FROM run GROUP BY o ORDER BY o)
  SELECT array_agg(from_seq), array_agg(from_), array_agg(to_seq), array_agg(to_),
         min(o) FILTER (WHERE short)
    INTO _from_seq, _from, _to_seq, _to, _short FROM legs;
  IF _short IS NOT NULL THEN
    PERFORM ledger_short(_acc[_s[_short]],
      _from[_short] + _u[_short] - _held[_s[_short]], _u[_short]);
  END IF;
  INSERT INTO ledger_transfer (id, entry_id, leg, source_id, target_id, asset_id, units,
    source_seq, source_balance, target_seq, target_balance)
  SELECT id, _id[n], no, _acc[s], _acc[t], _asset[s], u, coalesce(from_seq, id), from_,
         coalesce(to_seq, id), to_
    FROM (SELECT nextval('ledger_transfer_id_seq') AS id, x.*
            FROM unnest(_n, _no, _s, _t, _u, _from_seq, _from, _to_seq, _to)
              AS x(n, no, s, t, u, from_seq, from_, to_seq, to_)) x;
  WITH sums AS MATERIALIZED (
    SELECT a, value, recorded, sum(d) AS d, sum(c) AS c, count(*) AS legs
      FROM (SELECT s AS a, _value[n] AS value, _recorded[n] AS recorded, u AS d, 0 AS c
              FROM unnest(_n, _s, _u) AS x(n, s, u)
             UNION ALL
            SELECT t, _value[n], _recorded[n], 0, u FROM unnest(_n, _t, _u) AS x(n, t, u)) x
     GROUP BY a, value, recorded
  ), tails AS (
    INSERT INTO ledger_tail (account_id, debits, credits, legs, value_date, recorded_on)
    SELECT _acc[a], d, c, legs, value, recorded FROM sums WHERE _hot[a]
  ), kept AS MATERIALIZED (
    SELECT *, greatest(_day[a], max(value) FILTER (WHERE value = recorded)
                                  OVER (PARTITION BY a)) AS today
      FROM sums WHERE NOT _hot[a]
  ), away AS (
    SELECT a, value, recorded, d, c FROM kept WHERE value <> recorded OR value <> today
     UNION ALL
    SELECT a, _day[a], _day[a], _day_d[a], _day_c[a] FROM kept
     WHERE today > _day[a] AND (_day_d[a] > 0 OR _day_c[a] > 0) GROUP BY a
  ), days AS (
    INSERT INTO ledger_day AS x (account_id, value_date, recorded_on, debits, credits)
    SELECT _acc[a], value, recorded, sum(d), sum(c) FROM away GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (account_id, value_date, recorded_on)
    DO UPDATE SET debits = x.debits + excluded.debits, credits = x.credits + excluded.credits
  )
  UPDATE ledger_balance b
     SET debits = b.debits + x.d, credits = b.credits + x.c, seq = b.seq + x.legs, day = x.today,
         day_debits = CASE WHEN b.day = x.today THEN b.day_debits ELSE 0 END + x.day_d,
         day_credits = CASE WHEN b.day = x.today THEN b.day_credits ELSE 0 END + x.day_c
    FROM (SELECT _acc[a] AS id, sum(d) AS d, sum(c) AS c, sum(legs) AS legs, max(today) AS today,
                 coalesce(sum(d) FILTER (WHERE value = recorded AND value = today), 0) AS day_d,
                 coalesce(sum(c) FILTER (WHERE value = recorded AND value = today), 0) AS day_c
            FROM kept GROUP BY a) x
   WHERE b.account_id = x.id;
  PERFORM ledger_none_closed(_acc);
  RETURN _id;
END $$;

CREATE FUNCTION ledger_post_each(_batch jsonb) RETURNS jsonb {WRITER} $$
DECLARE _ids bigint[]; _one bigint; _verdicts jsonb := '[]'; _detail text;
BEGIN
  BEGIN
    _ids := ledger_post_many(_batch);
    RETURN (SELECT jsonb_agg(jsonb_build_object('entry', id)) FROM unnest(_ids) id);
  EXCEPTION WHEN SQLSTATE 'NB001' OR SQLSTATE 'NB002' OR SQLSTATE 'NB003' OR SQLSTATE 'NB004'
    OR SQLSTATE 'NB005' OR SQLSTATE 'NB006' THEN NULL;
  END;
  FOR _i IN 0 .. jsonb_array_length(_batch->'entries') - 1 LOOP
    BEGIN
      _one := ledger_post(jsonb_build_object('accounts', (
          SELECT jsonb_agg(a.value ORDER BY a.n) FROM jsonb_array_elements(_batch->'accounts')
            WITH ORDINALITY a(value, n)), 'entries', jsonb_build_array(_batch->'entries'->_i)));
      _verdicts := _verdicts || jsonb_build_object('entry', _one);
    EXCEPTION WHEN SQLSTATE 'NB001' OR SQLSTATE 'NB002' OR SQLSTATE 'NB003' OR SQLSTATE 'NB004'
      OR SQLSTATE 'NB005' OR SQLSTATE 'NB006' THEN
      GET STACKED DIAGNOSTICS _detail = PG_EXCEPTION_DETAIL;
      _verdicts := _verdicts || jsonb_build_object(
        'code', SQLSTATE, 'message', SQLERRM, 'detail', _detail);
    END;
  END LOOP;
  RETURN _verdicts;
END $$;
"""

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

VIEWS = """
CREATE OR REPLACE VIEW ledger_standing AS
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

DAYS_SO_FAR = """
SELECT set_config('nostro.act', 'migration: days', true);
SELECT set_config('nostro.posting', 'yes', true);
INSERT INTO ledger_day (account_id, value_date, recorded_on, debits, credits)
SELECT x.account_id, e.value_date, (e.recorded_at AT TIME ZONE 'UTC')::date, sum(x.d), sum(x.c)
  FROM (SELECT entry_id, source_id AS account_id, units AS d, 0 AS c FROM ledger_transfer
         UNION ALL SELECT entry_id, target_id, 0, units FROM ledger_transfer) x
  JOIN ledger_entry e ON e.id = x.entry_id GROUP BY 1, 2, 3;
SELECT set_config('nostro.posting', '', true);
SELECT set_config('nostro.act', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_holds_days_periods_quotes")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (SHAPE, ACCOUNTS, PERIODS, TOUCH, ENTER, POST, MANY, HOLDS, ROLL_UP, VIEWS,
                    DAYS_SO_FAR, WALLS)
    ]
