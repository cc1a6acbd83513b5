"""What stands under each posting: accounts, closed periods, balances and their days."""

from django.db import migrations

from nostro.ledger.migrations import WRITER
from nostro.ledger.migrations._closing import CLOSE, NONE_CLOSED

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

CREATE FUNCTION ledger_lock(_accounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- In one order, whoever comes: no deadlock among entries.
  PERFORM 1 FROM ledger_balance WHERE account_id = ANY (_accounts)
    ORDER BY account_id FOR NO KEY UPDATE;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_walls")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (ACCOUNTS, NONE_CLOSED, CLOSE, PERIODS, TOUCH)
    ]
