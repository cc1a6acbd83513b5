"""The queue keeps no history of its own: what happened stands in the log, and a finished job goes.

A row of history for each job and each of its states cost more than the job (ADR 10).
"""

from django.db import migrations

QUIET = """
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_status_events_insert_v1;
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_status_events_update_v1;
"""
LOUD = QUIET.replace("DISABLE", "ENABLE")


class Migration(migrations.Migration):
    dependencies = [("core", "0002_log")]
    operations = [migrations.RunSQL(QUIET, LOUD)]
