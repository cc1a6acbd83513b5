"""The posting function: the only writer of the ledger, and the wall around it."""

from django.db import migrations

WALL = """
CREATE FUNCTION ledger_wall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The ledger is written by posting alone: % on % is refused.',
    TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""

TABLES = ("account", "balance", "tail", "entry", "transfer")

WALLS = "".join(
    f"CREATE TRIGGER ledger_wall BEFORE INSERT OR UPDATE OR DELETE ON ledger_{table}"
    " FOR EACH STATEMENT WHEN (coalesce(current_setting('nostro.posting', true), '') = '')"
    " EXECUTE FUNCTION ledger_wall();\n"
    f"CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON ledger_{table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger_wall();\n"
    for table in TABLES
) + "".join(
    f"CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE ON ledger_{table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();\n"
    for table in ("entry", "transfer")
)

SHAPE = """
ALTER TABLE ledger_transfer
  ADD CONSTRAINT ledger_transfer_source_asset FOREIGN KEY (source_id, asset_id)
    REFERENCES ledger_account (id, asset_id),
  ADD CONSTRAINT ledger_transfer_target_asset FOREIGN KEY (target_id, asset_id)
    REFERENCES ledger_account (id, asset_id);
"""

ACCOUNT = """
CREATE FUNCTION ledger_account_for(_account jsonb, _asset text, _at timestamptz)
RETURNS ledger_account LANGUAGE plpgsql AS $$
DECLARE found ledger_account;
BEGIN
  SELECT * INTO found FROM ledger_account WHERE path = _account->>'path' AND asset_id = _asset;
  IF found.id IS NOT NULL THEN RETURN found; END IF;
  INSERT INTO ledger_account (path, title, asset_id, of_clients, overdraft, hot, client_id,
                              partner_id, opened_at)
  VALUES (_account->>'path', _account->>'title', _asset, _account->>'owner' = 'client',
          (_account->>'overdraft')::boolean, (_account->>'hot')::boolean,
          (_account->>'client_id')::bigint, (_account->>'partner_id')::bigint, _at)
  ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT found FROM ledger_account
   WHERE path = _account->>'path' AND asset_id = _asset;
  INSERT INTO ledger_balance (account_id, debits, credits, overdraft, seq)
  VALUES (found.id, 0, 0, found.overdraft, 0) ON CONFLICT DO NOTHING;
  RETURN found;
END $$;
"""

POST = """
CREATE FUNCTION ledger_post(_entry jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  _id bigint; _digest text := md5(_entry->>'payload'); _earlier text;
  _legs jsonb := _entry->'legs'; _leg jsonb; _asset text; _units numeric;
  _sources ledger_account[]; _targets ledger_account[]; _kept bigint[] := '{}';
  _source ledger_account; _target ledger_account;
  _from_seq bigint; _from_balance numeric; _to_seq bigint; _to_balance numeric;
  _at timestamptz := (_entry->>'recorded_at')::timestamptz;
BEGIN
  PERFORM set_config('nostro.posting', 'yes', true);
  INSERT INTO ledger_entry (kind, text, entity_id, recorded_at, effective_at, act, decision,
                            reverses_id, key, payload)
  VALUES (_entry->>'kind', _entry->>'text', (_entry->>'entity_id')::bigint, _at,
          (_entry->>'effective_at')::timestamptz, current_setting('nostro.act')::uuid,
          (_entry->>'decision')::bigint, (_entry->>'reverses')::bigint, _entry->>'key', _digest)
  ON CONFLICT (key) DO NOTHING RETURNING id INTO _id;
  IF _id IS NULL THEN
    SELECT id, payload INTO STRICT _id, _earlier FROM ledger_entry WHERE key = _entry->>'key';
    PERFORM set_config('nostro.posting', '', true);
    IF _earlier <> _digest THEN
      RAISE EXCEPTION 'The key % was posted before with another amount.', _entry->>'key'
        USING ERRCODE = 'NB002';
    END IF;
    RETURN _id;
  END IF;
  FOR _number IN 0 .. jsonb_array_length(_legs) - 1 LOOP
    _leg := _legs->_number; _asset := _leg->>'asset';
    _source := ledger_account_for(_leg->'source', _asset, _at);
    _target := ledger_account_for(_leg->'target', _asset, _at);
    _sources[_number] := _source; _targets[_number] := _target;
    IF NOT _source.hot THEN _kept := _kept || _source.id; END IF;
    IF NOT _target.hot THEN _kept := _kept || _target.id; END IF;
  END LOOP;
  IF cardinality(_kept) > 1 THEN
    -- Every kept balance is locked in one order before any leg is written: no deadlock.
    PERFORM 1 FROM ledger_balance WHERE account_id = ANY (_kept) ORDER BY account_id FOR UPDATE;
  END IF;
  FOR _number IN 0 .. jsonb_array_length(_legs) - 1 LOOP
    _leg := _legs->_number; _units := (_leg->>'units')::numeric;
    _source := _sources[_number]; _target := _targets[_number];
    _from_seq := NULL; _from_balance := NULL; _to_seq := NULL; _to_balance := NULL;
    IF _source.hot THEN
      INSERT INTO ledger_tail (account_id, debits, credits) VALUES (_source.id, _units, 0);
    ELSE
      UPDATE ledger_balance SET debits = debits + _units, seq = seq + 1
       WHERE account_id = _source.id AND (overdraft OR credits - debits >= _units)
      RETURNING seq, credits - debits INTO _from_seq, _from_balance;
      IF _from_seq IS NULL THEN
        SELECT credits - debits INTO STRICT _from_balance FROM ledger_balance
         WHERE account_id = _source.id;
        RAISE EXCEPTION 'not enough' USING ERRCODE = 'NB001', DETAIL = json_build_object(
          'path', _source.path, 'asset', _source.asset_id, 'units', _units,
          'there', _from_balance)::text;
      END IF;
    END IF;
    IF _target.hot THEN
      INSERT INTO ledger_tail (account_id, debits, credits) VALUES (_target.id, 0, _units);
    ELSE
      UPDATE ledger_balance SET credits = credits + _units, seq = seq + 1
       WHERE account_id = _target.id
      RETURNING seq, credits - debits INTO _to_seq, _to_balance;
    END IF;
    INSERT INTO ledger_transfer (entry_id, leg, source_id, target_id, asset_id, units,
      source_seq, source_balance, target_seq, target_balance)
    VALUES (_id, _number, _source.id, _target.id, _source.asset_id, _units,
      _from_seq, _from_balance, _to_seq, _to_balance);
  END LOOP;
  PERFORM set_config('nostro.posting', '', true);
  RETURN _id;
END $$;

CREATE FUNCTION ledger_post_many(_entries jsonb) RETURNS bigint[] LANGUAGE sql AS $$
  SELECT array_agg(ledger_post(e) ORDER BY n) FROM jsonb_array_elements(_entries)
    WITH ORDINALITY AS x(e, n)
$$;

CREATE FUNCTION ledger_roll_up() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE _rolled bigint;
BEGIN
  PERFORM set_config('nostro.posting', 'yes', true);
  WITH gone AS (DELETE FROM ledger_tail RETURNING account_id, debits, credits),
  sums AS (SELECT account_id, sum(debits) AS d, sum(credits) AS c, count(*) AS n
             FROM gone GROUP BY account_id)
  UPDATE ledger_balance b SET debits = b.debits + d, credits = b.credits + c, seq = b.seq + n
    FROM sums WHERE sums.account_id = b.account_id;
  GET DIAGNOSTICS _rolled = ROW_COUNT;
  PERFORM set_config('nostro.posting', '', true);
  RETURN _rolled;
END $$;

CREATE VIEW ledger_standing AS
  SELECT a.id AS account_id, b.debits + coalesce(t.d, 0) AS debits,
         b.credits + coalesce(t.c, 0) AS credits
    FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
    LEFT JOIN LATERAL (SELECT sum(debits) AS d, sum(credits) AS c FROM ledger_tail
                        WHERE account_id = a.id AND a.hot) t ON true;
"""

ASSETS = """
SELECT set_config('nostro.act', 'migration: assets', false);
INSERT INTO ledger_asset (code, scale, kind) VALUES
  ('USD', 2, 'fiat'), ('EUR', 2, 'fiat'), ('GBP', 2, 'fiat'), ('CHF', 2, 'fiat'),
  ('PLN', 2, 'fiat'), ('AUD', 2, 'fiat'), ('JPY', 0, 'fiat'), ('ZAR', 2, 'fiat'),
  ('USDT', 6, 'crypto'), ('BTC', 8, 'crypto'), ('ETH', 18, 'crypto');
SELECT set_config('nostro.act', '', false);
CREATE TRIGGER ledger_asset_scale BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_asset
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("core", "0002_log")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (WALL, SHAPE, ACCOUNT, POST, WALLS, ASSETS)
    ]
