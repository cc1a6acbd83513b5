"""Nor does the queue note in a history when a job was put off to: the job itself says so."""

from django.db import migrations

QUIET = """
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_scheduled_events_v1;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0004_limits")]
    operations = [migrations.RunSQL(QUIET, QUIET.replace("DISABLE", "ENABLE"))]
