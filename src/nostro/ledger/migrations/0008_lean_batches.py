"""A batch says once what its entries share, and names its accounts by their paths. Their particulars
are asked for by answering nothing, where an account is new and they were not given. What `ledger_post_many` does with it stays as it is: its text is
the one of 0004, but for what it reads. Days of entries get statistics, for the proof to plan with.
"""

from importlib import import_module

from django.db import migrations

earlier = import_module("nostro.ledger.migrations.0004_posting_in_sets")

LOOKED_UP = """SELECT array_agg(a.id ORDER BY x.n), array_agg(a.hot ORDER BY x.n) INTO _acc, _hot
    FROM unnest(_path, _asset) WITH ORDINALITY AS x(path, asset, n)
    LEFT JOIN LATERAL (SELECT id, hot FROM ledger_account a
                        WHERE a.path = x.path AND a.asset_id = x.asset OFFSET 0) a ON true;"""

READS = {
    "\n  " + LOOKED_UP: "",
    "CREATE FUNCTION": "CREATE OR REPLACE FUNCTION",
    "_accounts jsonb := _batch->'accounts'; _entries": (
        "_accounts jsonb; _common jsonb := _batch->'common'; _entries"
    ),
    "_path text[]; _asset text[];": (
        "_kind text := _common->>'kind'; _said text := _common->>'text';\n"
        "  _at timestamptz := (_common->>'recorded_at')::timestamptz;\n"
        "  _path text[]; _asset text[];"
    ),
    """SELECT array_agg(j->>'path'), array_agg(j->>'asset') INTO _path, _asset
    FROM (SELECT j FROM jsonb_array_elements(_accounts) WITH ORDINALITY x(j, n) ORDER BY n) x;""": (
        """SELECT array_agg(path ORDER BY n), array_agg(asset ORDER BY n) INTO _path, _asset
    FROM ROWS FROM (jsonb_array_elements_text(_batch->'paths'),
                    jsonb_array_elements_text(_batch->'assets'))
         WITH ORDINALITY AS x(path, asset, n);
  """
        + LOOKED_UP
        + """
  IF array_position(_acc, NULL) IS NOT NULL AND NOT _batch ? 'accounts' THEN
    RETURN NULL;  -- nothing is written yet: who they are has to be said
  END IF;"""
    ),
    """SELECT r.*, coalesce(r.scope0, '') AS scope,
           (r.effective_at AT TIME ZONE 'UTC')::date AS effective_on,""": (
        """SELECT r.*, coalesce(r.scope0, '') AS scope, coalesce(r.effective0, _at) AS effective_at,
           (coalesce(r.effective0, _at) AT TIME ZONE 'UTC')::date AS effective_on,"""
    ),
    """kind text, text text, entity_id bigint, recorded_at timestamptz,
             effective_at timestamptz, value_date""": (
        """kind text, text text, entity_id bigint, effective_at timestamptz, value_date"""
    ),
    """AS r(kind, text, entity_id, recorded_at, effective_at, value_date,""": (
        """AS r(kind, text, entity_id, effective0, value_date,"""
    ),
    "SELECT _fresh[n], kind, text, entity_id, recorded_at, effective_at,": (
        "SELECT _fresh[n], coalesce(kind, _kind), coalesce(text, _said), entity_id, _at,"
        " effective_at,"
    ),
    "(e.recorded_at AT TIME ZONE 'UTC')::date AS recorded": (
        "(_at AT TIME ZONE 'UTC')::date AS recorded"
    ),
    """_opened := ledger_account_for(
        _accounts->(_i - 1), (_entries->0->>'recorded_at')::timestamptz);""": (
        """_accounts := _batch->'accounts';
      _opened := ledger_account_for(_accounts->(_i - 1), _at);"""
    ),
}  # fmt: skip
"""What each piece of the earlier text becomes."""

EACH = {
    "CREATE FUNCTION": "CREATE OR REPLACE FUNCTION",
    """jsonb_build_object('accounts', (
          SELECT jsonb_agg(a.value ORDER BY a.n) FROM jsonb_array_elements(_batch->'accounts')
            WITH ORDINALITY a(value, n)), 'entries', jsonb_build_array(_batch->'entries'->_i))""": (
        """jsonb_build_object('accounts', _batch->'accounts', 'entries',
          jsonb_build_array(jsonb_build_object('effective_at', _batch->'common'->'recorded_at')
                            || (_batch->'common') || (_batch->'entries'->_i)))"""
    ),
}


def changed() -> str:
    """Both functions of batches; a piece that is not there any more is an error here."""
    many, brake, each = earlier.MANY.partition("CREATE FUNCTION ledger_post_each")
    texts = []
    for text, pieces in ((many, READS), (brake + each, EACH)):
        for before, after in pieces.items():
            if text.count(before) != 1:
                raise LookupError(before)
            text = text.replace(before, after)
        texts.append(text)
    return "".join(texts)


STATISTICS = """
CREATE STATISTICS ledger_entry_days ON value_date, ((recorded_at AT TIME ZONE 'UTC')::date)
  FROM ledger_entry;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_evidence_openings_alarms")]
    operations = [
        migrations.RunSQL(changed(), migrations.RunSQL.noop),
        migrations.RunSQL(STATISTICS, "DROP STATISTICS ledger_entry_days"),
    ]
