"""Up to a thousand entries as one set; or, where the set is refused, each for itself.

A batch says once what its entries share, and names its accounts by their paths. Their particulars
are asked for by answering nothing, where an account is new and they were not given.
"""

from django.db import migrations

from nostro.ledger.migrations import WRITER
from nostro.ledger.migrations._batch import MANY

EACH = f"""
CREATE FUNCTION ledger_post_each(_batch jsonb) RETURNS jsonb {WRITER} $$
DECLARE _ids bigint[]; _one bigint; _verdicts jsonb := '[]';
  _detail text; _rule text;
BEGIN
  BEGIN
    _ids := ledger_post_many(_batch);
    RETURN (SELECT jsonb_agg(jsonb_build_object('entry', id)) FROM unnest(_ids) id);
  EXCEPTION WHEN SQLSTATE 'NB001' OR SQLSTATE 'NB002' OR SQLSTATE 'NB003' OR SQLSTATE 'NB004'
    OR SQLSTATE 'NB005' OR SQLSTATE 'NB006' OR unique_violation OR numeric_value_out_of_range
    OR check_violation THEN NULL;
  END;
  FOR _i IN 0 .. jsonb_array_length(_batch->'entries') - 1 LOOP
    BEGIN
      _one := ledger_post(jsonb_build_object('accounts', _batch->'accounts', 'entries',
          jsonb_build_array(jsonb_build_object('effective_at', _batch->'common'->'recorded_at')
                            || (_batch->'common') || (_batch->'entries'->_i))));
      _verdicts := _verdicts || jsonb_build_object('entry', _one);
    EXCEPTION WHEN SQLSTATE 'NB001' OR SQLSTATE 'NB002' OR SQLSTATE 'NB003' OR SQLSTATE 'NB004'
      OR SQLSTATE 'NB005' OR SQLSTATE 'NB006' OR unique_violation OR numeric_value_out_of_range
      OR check_violation THEN
      GET STACKED DIAGNOSTICS _detail = PG_EXCEPTION_DETAIL, _rule = CONSTRAINT_NAME;
      IF SQLSTATE = '23505' AND _rule <> 'ledger_entry_reversed_once' THEN RAISE; END IF;
      _verdicts := _verdicts || jsonb_build_object('message', SQLERRM, 'detail', _detail, 'code',
        CASE SQLSTATE WHEN '23505' THEN _rule WHEN '23514' THEN '22003' ELSE SQLSTATE END);
    END;
  END LOOP;
  RETURN _verdicts;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_posting")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (MANY, EACH)
    ]
