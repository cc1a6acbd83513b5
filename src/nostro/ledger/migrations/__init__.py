"""The ledger's tables, and the functions of the database that alone write them.

What these refuse bears a code of its own: NB001 not enough, NB002 the same key with another
payload, NB003 closed account, NB004 closed period, NB005 no such asset, NB006 no amount, NB007 no
hold there, NB008 the hold has ended, NB009 the hold has expired.
"""

# Whoever may call a writer need not, and does not, have the right to write the tables. Every plan
# is made for index look-ups and made once, whatever a table's statistics say today.
WRITER = """LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp SET nostro.posting = 'yes' SET jit = off
  SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS"""
