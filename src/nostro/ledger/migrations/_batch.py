"""Up to a thousand entries as one set: `ledger_post_many`."""

from nostro.ledger.migrations import WRITER

# Arrays stand beside each other and are read by their subscripts: no step joins what it was given
# with itself, which a planner that cannot know how much it was given does row against row.
MANY = f"""
CREATE OR REPLACE FUNCTION ledger_post_many(_batch jsonb) RETURNS bigint[] {WRITER} $$
DECLARE
  _accounts jsonb; _common jsonb := _batch->'common'; _entries jsonb := _batch->'entries';
  _count integer := jsonb_array_length(_entries);
  _kind text := _common->>'kind'; _said text := _common->>'text';
  _at timestamptz := (_common->>'recorded_at')::timestamptz;
  _path text[]; _asset text[]; _acc bigint[]; _hot boolean[]; _opened ledger_account;
  _id bigint[]; _fresh bigint[]; _is_new boolean[]; _value date[]; _recorded date[];
  _digest text[]; _known text[]; _key text[]; _scope text[]; _refused date; _differs boolean;
  _n integer[]; _no integer[]; _s integer[]; _t integer[]; _u numeric[]; _bad text;
  _about text[];
  _seq bigint[]; _stands numeric[]; _held numeric[]; _bound boolean[];
  _day date[]; _day_d numeric[]; _day_c numeric[];
  _from_seq bigint[]; _from numeric[]; _to_seq bigint[]; _to numeric[]; _short integer;
BEGIN
  SELECT array_agg(path ORDER BY n), array_agg(asset ORDER BY n) INTO _path, _asset
    FROM ROWS FROM (jsonb_array_elements_text(_batch->'paths'),
                    jsonb_array_elements_text(_batch->'assets'))
         WITH ORDINALITY AS x(path, asset, n);
  SELECT array_agg(a.id ORDER BY x.n), array_agg(a.hot ORDER BY x.n) INTO _acc, _hot
    FROM unnest(_path, _asset) WITH ORDINALITY AS x(path, asset, n)
    LEFT JOIN LATERAL (SELECT id, hot FROM ledger_account a
                        WHERE a.path = x.path AND a.asset_id = x.asset OFFSET 0) a ON true;
  IF array_position(_acc, NULL) IS NOT NULL AND NOT _batch ? 'accounts' THEN
    RETURN NULL;  -- nothing is written yet: who they are has to be said
  END IF;
  SELECT array_agg(n), array_agg(no - 1), array_agg(s), array_agg(t),
         array_agg(units), array_agg(about),
         min(coalesce(u, 'nothing')) FILTER (WHERE units IS NULL
                         OR _asset[s] IS DISTINCT FROM _asset[t] OR _asset[s] IS NULL)
    INTO _n, _no, _s, _t, _u, _about, _bad
    FROM (SELECT *, CASE WHEN u ~ '^[1-9][0-9]{{0,36}}$' THEN u::numeric END AS units FROM (SELECT ' ' || coalesce(e.j->>'kind', _kind, '') || '/' || coalesce(e.j->>'entity_id', '')
                   || '/' || coalesce(e.j->>'reverses', '')
                   || coalesce('/' || (e.j->>'value_date'), '') AS about,
                 e.n, l.no, (l.j->>0)::integer + 1 AS s, (l.j->>1)::integer + 1 AS t,
                 l.j->>2 AS u
            FROM jsonb_array_elements(_entries) WITH ORDINALITY e(j, n),
                 jsonb_array_elements(e.j->'legs') WITH ORDINALITY l(j, no)
           ORDER BY e.n, l.no OFFSET 0) x) x;
  IF _bad IS NOT NULL THEN
    RAISE EXCEPTION '“%” is no amount of whole units of one asset.', _bad
      USING ERRCODE = 'NB006';
  END IF;
  SELECT array_agg(digest) INTO _digest FROM (
    SELECT n, md5('[' || string_agg('["' || _path[s] || '", "' || _path[t] || '", "' || _asset[s]
             || '", "' || u || '"]', ', ' ORDER BY no) || ']' || max(about)) AS digest
      FROM unnest(_n, _no, _s, _t, _u, _about) AS x(n, no, s, t, u, about)
     GROUP BY n ORDER BY n) x;
  IF cardinality(_digest) IS DISTINCT FROM _count THEN
    RAISE EXCEPTION 'An entry moves something.' USING ERRCODE = 'NB006';
  END IF;
  SELECT array_agg(nextval('ledger_entry_id_seq')) INTO _fresh FROM generate_series(1, _count);
  PERFORM pg_advisory_xact_lock_shared(7201, 1);
  WITH e AS MATERIALIZED (
    SELECT r.*, coalesce(r.scope0, '') AS scope, coalesce(r.effective0, _at) AS effective_at,
           (coalesce(r.effective0, _at) AT TIME ZONE 'UTC')::date AS effective_on,
           (SELECT max(p.through) FROM ledger_period p WHERE p.reopened_at IS NULL
               AND (p.entity_id IS NULL OR p.entity_id = r.entity_id)) AS closed,
           first_value(r.n) OVER w AS first
      FROM ROWS FROM (jsonb_to_recordset(_entries) AS (
             kind text, text text, entity_id bigint, effective_at timestamptz, value_date date, decision bigint, reverses bigint,
             scope text, key text)) WITH ORDINALITY
           AS r(kind, text, entity_id, effective0, value_date, decision, reverses,
                scope0, key, n)
    WINDOW w AS (PARTITION BY r.key, coalesce(r.scope0, '') ORDER BY r.n)
  ), made AS (
    INSERT INTO ledger_entry (id, kind, text, entity_id, recorded_at, effective_at, value_date,
                              act, decision, reverses_id, scope, key, payload)
    SELECT _fresh[n], coalesce(kind, _kind), coalesce(text, _said), entity_id, _at, effective_at,
           greatest(coalesce(value_date, effective_on), closed + 1),
           current_setting('nostro.act')::uuid, decision, reverses, scope, key, _digest[n]
      FROM e WHERE first = n ORDER BY key, scope
    ON CONFLICT (key, scope) DO NOTHING
    RETURNING id, key, scope, value_date
  ), both_ AS (
    SELECT e.n, m.id, e.first = e.n AND m.id IS NOT NULL AS is_new, m.value_date,
           (_at AT TIME ZONE 'UTC')::date AS recorded, e.key, e.scope,
           CASE WHEN e.value_date <= e.closed AND m.id IS NOT NULL THEN e.closed END AS refused,
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
    RAISE EXCEPTION 'A key was posted before with another payload.' USING ERRCODE = 'NB002';
  END IF;
  IF array_position(_is_new, false) IS NOT NULL THEN
    SELECT array_agg(n), array_agg(no), array_agg(s), array_agg(t), array_agg(u)
      INTO _n, _no, _s, _t, _u
      FROM unnest(_n, _no, _s, _t, _u) AS x(n, no, s, t, u) WHERE _is_new[n];
    IF _n IS NULL THEN RETURN _id; END IF;
  END IF;
  FOR _i IN 1 .. cardinality(_path) LOOP
    IF _acc[_i] IS NULL THEN
      _accounts := _batch->'accounts';
      _opened := ledger_account_for(_accounts->(_i - 1), _at);
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
"""
