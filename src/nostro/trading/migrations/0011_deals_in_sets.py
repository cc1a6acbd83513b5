"""What deals refer to, checked a statement at a time: three looks a deal, one by one, were a third
of what it cost the database to keep it.
"""

import django.db.models.deletion
from django.db import migrations, models

REFERS = """
CREATE FUNCTION trading_deal_refers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE _wanted bigint[]; _there bigint;
BEGIN
  _wanted := ARRAY(SELECT DISTINCT platform_id FROM fresh);
  PERFORM FROM trading_platform WHERE id = ANY (_wanted) FOR KEY SHARE;
  GET DIAGNOSTICS _there = ROW_COUNT;
  IF _there < cardinality(_wanted) THEN
    RAISE foreign_key_violation USING MESSAGE = 'A deal refers to a platform that is not there.';
  END IF;
  _wanted := ARRAY(SELECT DISTINCT account_id FROM fresh WHERE account_id IS NOT NULL);
  PERFORM FROM trading_tradingaccount WHERE id = ANY (_wanted) FOR KEY SHARE;
  GET DIAGNOSTICS _there = ROW_COUNT;
  IF _there < cardinality(_wanted) THEN
    RAISE foreign_key_violation USING MESSAGE = 'A deal refers to an account that is not there.';
  END IF;
  _wanted := ARRAY(SELECT DISTINCT instrument_id FROM fresh WHERE instrument_id IS NOT NULL);
  PERFORM FROM trading_instrument WHERE id = ANY (_wanted) FOR KEY SHARE;
  GET DIAGNOSTICS _there = ROW_COUNT;
  IF _there < cardinality(_wanted) THEN
    RAISE foreign_key_violation USING MESSAGE = 'A deal refers to an instrument that is not there.';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER trading_deal_refers_new AFTER INSERT ON trading_deal
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION trading_deal_refers();
CREATE TRIGGER trading_deal_refers_changed AFTER UPDATE ON trading_deal
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION trading_deal_refers();

-- After the row is locked: who writes a deal of it meanwhile is waited for, and seen.
CREATE FUNCTION trading_deal_referred() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE _has boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM trading_deal WHERE %I = $1)', TG_ARGV[0])
    INTO _has USING OLD.id;
  IF _has THEN
    RAISE foreign_key_violation USING MESSAGE = format('Deals refer to this row of %s.',
      TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER trading_deal_referred AFTER DELETE OR UPDATE OF id ON trading_platform
  FOR EACH ROW EXECUTE FUNCTION trading_deal_referred('platform_id');
CREATE TRIGGER trading_deal_referred AFTER DELETE OR UPDATE OF id ON trading_tradingaccount
  FOR EACH ROW EXECUTE FUNCTION trading_deal_referred('account_id');
CREATE TRIGGER trading_deal_referred AFTER DELETE OR UPDATE OF id ON trading_instrument
  FOR EACH ROW EXECUTE FUNCTION trading_deal_referred('instrument_id');
"""


def _key(to: str, *, null: bool) -> "models.ForeignKey[models.Model]":
    return models.ForeignKey(
        to=to, on_delete=django.db.models.deletion.PROTECT, null=null, db_index=False,
        db_constraint=False,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("trading", "0010_without_swaps")]

    operations = [
        migrations.AlterField("deal", "platform", _key("trading.platform", null=False)),
        migrations.AlterField("deal", "account", _key("trading.tradingaccount", null=True)),
        migrations.AlterField("deal", "instrument", _key("trading.instrument", null=True)),
        migrations.RunSQL(REFERS, migrations.RunSQL.noop),
    ]
