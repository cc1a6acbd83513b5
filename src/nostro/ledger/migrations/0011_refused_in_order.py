"""A posting that is refused for want of money takes its locks in order, too."""

from django.db import migrations

from nostro.ledger.migrations._one import ONE


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_accounts_as_their_paths")]
    operations = [migrations.RunSQL(ONE, migrations.RunSQL.noop)]
