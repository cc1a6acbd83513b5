"""Accounts that close: who waits for whom, and what is refused.

A posting has locked a kept account's balance, and whoever closes the account waits for that. On a
hot account it locks nothing that others want: there it shares a lock of the account's number, which
costs no row and no write, and whoever closes the account wants that lock alone.
"""

from nostro.ledger.migrations import WRITER

SHARED = "pg_advisory_xact_lock_shared(7202, hashint8({}))"

NONE_CLOSED = f"""
CREATE OR REPLACE FUNCTION ledger_none_closed(_accounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE _path text;
BEGIN
  PERFORM {SHARED.format("id")} FROM ledger_account WHERE id = ANY (_accounts) AND hot;
  SELECT path INTO _path FROM ledger_account
   WHERE id = ANY (_accounts) AND closed_at IS NOT NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'The account % is closed.', _path USING ERRCODE = 'NB003', DETAIL = _path;
  END IF;
END $$;
"""

CLOSE = f"""
CREATE OR REPLACE FUNCTION ledger_close_account(_account bigint, _at timestamptz) RETURNS void
{WRITER} $$
DECLARE _row ledger_account; _balance ledger_balance;
BEGIN
  PERFORM pg_advisory_xact_lock(7202, hashint8(_account));
  SELECT * INTO STRICT _row FROM ledger_account WHERE id = _account FOR UPDATE;
  SELECT * INTO STRICT _balance FROM ledger_balance WHERE account_id = _account FOR UPDATE;
  IF (SELECT debits <> credits FROM ledger_standing WHERE account_id = _account)
     OR _balance.pending_debits <> 0 OR _balance.pending_credits <> 0 THEN
    RAISE EXCEPTION 'Something stands on %.', _row.path USING ERRCODE = 'NB003';
  END IF;
  UPDATE ledger_account SET closed_at = _at WHERE id = _account;
  UPDATE ledger_balance SET closed = true WHERE account_id = _account;
END $$;
"""
