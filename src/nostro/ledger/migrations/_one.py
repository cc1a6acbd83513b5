"""An entry of one transfer, whose every value is an argument: `ledger_post_one`.

It does what `ledger_post` does with a document, with the same refusals and the same digest, so a
key posted by one is known to the other. Reading a document and calling a function for each of its
parts cost more than all the rows that one transfer writes. Each expression of a function is
prepared anew in each transaction, so there are few of them, and statements do what they can.
"""

from nostro.ledger.migrations import WRITER
from nostro.ledger.migrations._closing import SHARED

# Only a move of today counts on the balance's row: what is of another day has a row of its own.
# `_today` is the day of the move where it is recorded on that day, else nothing.
DAYS = """
           day = greatest(b.day, _today),
           day_debits = CASE WHEN b.day < _today THEN 0 ELSE b.day_debits END
                        + CASE WHEN b.day <= _today THEN {d} ELSE 0 END,
           day_credits = CASE WHEN b.day < _today THEN 0 ELSE b.day_credits END
                         + CASE WHEN b.day <= _today THEN {c} ELSE 0 END"""
KEPT_DAY = """
    (old.day = _today OR old.day < _today AND old.day_debits + old.day_credits = 0) IS NOT TRUE"""
"""Whether a day's row has to be written for this move, or for what stood there before."""

UNITS = "_amount ~ '^[1-9][0-9]{0,36}$'"
PLACES = f"""
  SELECT s.id, s.hot, t.id, t.hot, CASE WHEN {UNITS} THEN _amount::numeric END
    INTO STRICT _s, _s_hot, _t, _t_hot, _units
    FROM ledger_account s, ledger_account t
   WHERE s.path = _source AND s.asset_id = _asset AND t.path = _target AND t.asset_id = _asset
     AND s.id <> t.id;"""
DIGEST = """md5(concat('[["', _source, '", "', _target, '", "', _asset, '", "', _amount, '"]] ',
                      _kind, '/', _entity, '/', _reverses, '/' || _wanted))"""
GIVEN = "CASE WHEN b.account_id = _s THEN _units ELSE 0 END"
TAKEN = "CASE WHEN b.account_id = _t THEN _units ELSE 0 END"
PUT_AWAY = """
    IF {was} IS NOT NULL THEN
      PERFORM ledger_keep_days({account}, '0001-01-01'::date + {was}[1]::integer, {was}[2], {was}[3],
                               {d}, {c}, _value, _recorded);
    END IF;"""

# An index is read in the order of its keys, so the lower of two accounts is locked first, whoever
# gives: no deadlock among entries.
# It writes the very accounts and the very entry that it has just looked up and made, and says so by
# its word (`one`): what a transfer names is not looked up a second time then.
WORD = WRITER.replace("nostro.posting = 'yes' SET jit = off", "nostro.posting = 'one'")
ONE = f"""
CREATE OR REPLACE FUNCTION ledger_post_one(
  _kind text, _text text, _entity bigint, _at timestamptz, _effective timestamptz, _wanted date,
  _decision bigint, _reverses bigint, _scope text, _key text, _source text, _target text,
  _asset text, _amount text, _accounts text
) RETURNS bigint {WORD.replace(" AS", " SET enable_bitmapscan = off AS")} $$
DECLARE
  _s bigint; _t bigint; _s_hot boolean; _t_hot boolean; _units numeric; _id bigint; _n bigint;
  _from_seq bigint; _from numeric; _to_seq bigint; _to numeric;
  _from_was numeric[]; _to_was numeric[]; _earlier text; _closed date; _recorded date;
  _free numeric;
  _value date := coalesce(_wanted, (_effective AT TIME ZONE 'UTC')::date);
  _today date := CASE WHEN _value = (_at AT TIME ZONE 'UTC')::date THEN _value END;
BEGIN{PLACES.replace("STRICT ", "")}
  IF _units IS NULL THEN
    IF ({UNITS}) IS NOT TRUE THEN
      RAISE EXCEPTION '“%” is no amount of whole units.', _amount USING ERRCODE = 'NB006';
    END IF;
    IF _source = _target THEN
      RAISE EXCEPTION 'Money moves from one account to another one.' USING ERRCODE = 'NB006';
    END IF;
    -- In one order, so that two who open the same accounts never wait for each other in a circle.
    PERFORM ledger_account_for(one, _at)
       FROM (SELECT one FROM jsonb_array_elements(_accounts::jsonb) one
              ORDER BY one->>'path', one->>'asset') x;{
      PLACES}
  END IF;
  IF _value < (now() AT TIME ZONE 'UTC')::date THEN
    -- Only days that are over are ever closed. Whoever closes these waits for us, and we for whoever
    -- is closing them.
    PERFORM pg_advisory_xact_lock_shared(7201, 1);
    SELECT max(through) INTO _closed FROM ledger_period
     WHERE reopened_at IS NULL AND (entity_id IS NULL OR entity_id = _entity);
    IF _value <= _closed THEN
      IF _wanted IS NOT NULL THEN
        -- What was posted before its day was closed is answered as it was.
        SELECT id INTO _id FROM ledger_entry
         WHERE key = _key AND scope = _scope AND payload = {DIGEST};
        IF FOUND THEN RETURN _id; END IF;
        RAISE EXCEPTION 'The books are closed.' USING ERRCODE = 'NB004', DETAIL = _closed::text;
      END IF;
      _value := _closed + 1;
      _today := CASE WHEN _value = (_at AT TIME ZONE 'UTC')::date THEN _value END;
    END IF;
  END IF;
  INSERT INTO ledger_entry (kind, text, entity_id, recorded_at, effective_at, value_date, act,
                            decision, reverses_id, scope, key, payload)
  VALUES (_kind, _text, _entity, _at, _effective, _value, current_setting('nostro.act')::uuid,
          _decision, _reverses, _scope, _key, {DIGEST})
  ON CONFLICT (key, scope) DO NOTHING RETURNING id INTO _id;
  IF _id IS NULL THEN
    SELECT id, payload INTO STRICT _id, _earlier FROM ledger_entry
     WHERE key = _key AND scope = _scope;
    IF _earlier <> {DIGEST} THEN
      RAISE EXCEPTION 'The key % was posted before with another payload.', _key
        USING ERRCODE = 'NB002';
    END IF;
    RETURN _id;
  END IF;
  IF _s_hot OR _t_hot THEN
    -- A kept account that is closed is seen on its balance; who closes a hot one waits for us here.
    _n := concat({SHARED.format("CASE WHEN _s_hot THEN _s END")},
                 {SHARED.format("CASE WHEN _t_hot THEN _t END")}, 0);
    INSERT INTO ledger_tail (account_id, debits, credits, value_date, recorded_on)
    SELECT id, CASE WHEN id = _s THEN _units ELSE 0 END, CASE WHEN id = _t THEN _units ELSE 0 END,
           _value, (_at AT TIME ZONE 'UTC')::date
      FROM ledger_account WHERE id IN (_s, _t) AND hot AND closed_at IS NULL;
    GET DIAGNOSTICS _n = ROW_COUNT;
    IF _n < _s_hot::integer + _t_hot::integer THEN
      PERFORM ledger_none_closed(ARRAY[_s, _t]);
    END IF;
  END IF;
  WITH moved AS (
    UPDATE ledger_balance b
       SET debits = b.debits + {GIVEN}, credits = b.credits + {TAKEN}, seq = b.seq + 1,{
           DAYS.format(d=GIVEN, c=TAKEN)}
     WHERE b.account_id = ANY (ARRAY[CASE WHEN NOT _s_hot THEN _s END,
                                     CASE WHEN NOT _t_hot THEN _t END]) AND NOT b.closed
       AND (b.account_id = _t OR b.overdraft
            OR b.credits - b.debits - b.pending_debits >= _units)
    RETURNING b.account_id, b.seq, b.credits - b.debits, CASE WHEN {KEPT_DAY}
      THEN ARRAY[old.day - '0001-01-01'::date, old.day_debits, old.day_credits] END
  ), sides AS MATERIALIZED (
    SELECT nextval('ledger_transfer_id_seq') AS n, from_seq, from_, from_was, to_seq, to_, to_was
      FROM (SELECT) x
      LEFT JOIN moved AS s(s, from_seq, from_, from_was) ON s = _s
      LEFT JOIN moved AS t(t, to_seq, to_, to_was) ON t = _t
  ), written AS (
    INSERT INTO ledger_transfer (id, entry_id, leg, source_id, target_id, asset_id, units,
      source_seq, source_balance, target_seq, target_balance)
    SELECT n, _id, 0, _s, _t, _asset, _units, coalesce(from_seq, n), from_, coalesce(to_seq, n), to_
      FROM sides WHERE (_s_hot OR from_seq IS NOT NULL) AND (_t_hot OR to_seq IS NOT NULL)
  )
  SELECT n, from_seq, from_, from_was, to_seq, to_, to_was
    INTO _n, _from_seq, _from, _from_was, _to_seq, _to, _to_was FROM sides;
  IF _from_seq IS NULL AND NOT _s_hot OR _to_seq IS NULL AND NOT _t_hot THEN
    -- Refused; or somebody brought in time what was missing a moment ago.
    _recorded := (_at AT TIME ZONE 'UTC')::date;
    IF NOT _s_hot AND _from_seq IS NULL THEN
      IF _to_seq IS NOT NULL AND _s < _t THEN
        -- The taker is in hand already and the giver comes before it: nobody waits for it here.
        PERFORM 1 FROM ledger_balance WHERE account_id = _s FOR NO KEY UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
          SELECT credits - debits - pending_debits INTO _free
            FROM ledger_balance WHERE account_id = _s;
          IF _free < _units THEN PERFORM ledger_short(_s, _free, _units); END IF;
          RAISE EXCEPTION 'Two postings wait for each other.' USING ERRCODE = 'deadlock_detected';
        END IF;
      END IF;
      SELECT * INTO _from_seq, _from FROM ledger_touch(_s, _units, 0, _value, _recorded);
    END IF;
    IF NOT _t_hot AND _to_seq IS NULL THEN
      SELECT * INTO _to_seq, _to FROM ledger_touch(_t, 0, _units, _value, _recorded);
    END IF;
    INSERT INTO ledger_transfer (id, entry_id, leg, source_id, target_id, asset_id, units,
      source_seq, source_balance, target_seq, target_balance)
    VALUES (_n, _id, 0, _s, _t, _asset, _units, coalesce(_from_seq, _n), _from,
      coalesce(_to_seq, _n), _to);
  END IF;
  IF _from_was IS NOT NULL OR _to_was IS NOT NULL THEN
    _recorded := (_at AT TIME ZONE 'UTC')::date;{
    PUT_AWAY.format(was="_from_was", account="_s", d="_units", c=0)}{
    PUT_AWAY.format(was="_to_was", account="_t", d=0, c="_units")}
  END IF;
  RETURN _id;
END $$;
"""
