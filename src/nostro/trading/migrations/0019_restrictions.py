import django.db.models.deletion
from django.db import migrations, models

IN_FORCE = models.Q(("ended_at", None))
KNOWN = """
SELECT set_config('nostro.act', 'migration: restrictions', true);
INSERT INTO trading_restriction (account_id, cause, how, reason, until, placed_at)
SELECT a.id,
       CASE WHEN EXISTS (SELECT FROM trading_tradingaccount h WHERE h.moved_from_id = a.id)
            THEN 'move' ELSE 'person' END,
       a.status, a.reason, a.restricted_until, a.status_at
  FROM trading_tradingaccount a WHERE a.status IN ('close_only', 'read_only', 'disabled');
UPDATE trading_tradingaccount a
   SET rights_refused = 'It has not been asked since close only and no trading are told apart.'
  FROM trading_platform p
 WHERE p.id = a.platform_id AND p.kind = 'ctrader' AND a.login IS NOT NULL
   AND a.status IN ('read_only', 'dormant') AND a.rights_refused = '';
UPDATE trading_balancebreak
   SET here = replace(here, 'may not open trades', 'may not trade'),
       there = replace(there, 'may not open trades', 'may not trade')
 WHERE kind = 'rights' AND healed_at IS NULL;
SELECT set_config('nostro.act', '', true);
"""


class Migration(migrations.Migration):
    """Each restriction is a row with its cause; what restricts accounts now becomes one. Accounts on
    cTrader that may trade nothing were asked for as close only there: they are asked for again.
    """

    dependencies = [("trading", "0018_platforms_left")]

    operations = [
        migrations.AddField(
            "tradingaccount", "sleeps", models.BooleanField(default=False, db_default=False)
        ),
        migrations.CreateModel(
            "Restriction",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("person", "Decided by people"),
                            ("client", "The client's standing"),
                            ("move", "Its move to another platform"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("close_only", "Close only"),
                            ("read_only", "Read only"),
                            ("disabled", "Disabled"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                ("until", models.DateTimeField(null=True)),
                ("decision", models.BigIntegerField(null=True)),
                ("placed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="restrictions",
                        to="trading.tradingaccount",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["account", "cause"],
                        name="trading_restriction_once",
                        condition=IN_FORCE & ~models.Q(("cause", "person")),
                    )
                ],
                "indexes": [
                    models.Index(
                        fields=["account"],
                        name="trading_restriction_in_force",
                        condition=IN_FORCE,
                    ),
                    models.Index(
                        fields=["until"],
                        name="trading_restriction_end",
                        condition=models.Q(("ended_at", None), ("until__isnull", False)),
                    ),
                ],
            },
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
