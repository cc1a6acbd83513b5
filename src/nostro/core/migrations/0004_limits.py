"""Tries that are limited, and the cache that all servers share: allauth keeps its limits in it."""

from django.db import migrations

FORWARDS = """
CREATE TABLE core_tries (
  key bytea PRIMARY KEY,
  count integer NOT NULL,
  until timestamptz NOT NULL
);
CREATE INDEX core_tries_until ON core_tries (until);

CREATE FUNCTION core_count_try(_key bytea, _seconds int, _at timestamptz)
RETURNS int LANGUAGE sql AS $$
  -- Each count clears away a few whose time is long over.
  DELETE FROM core_tries WHERE key IN (
    SELECT key FROM core_tries WHERE until < _at - interval '1 day' ORDER BY until LIMIT 10
       FOR UPDATE SKIP LOCKED);
  INSERT INTO core_tries AS t (key, count, until)
  VALUES (_key, 1, _at + make_interval(secs => _seconds))
  ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN t.until <= _at THEN 1 ELSE t.count + 1 END,
    until = CASE WHEN t.until <= _at THEN excluded.until ELSE t.until END
  RETURNING count
$$;

-- As Django's cache in a database has it.
CREATE TABLE core_shared (
  cache_key varchar(255) PRIMARY KEY,
  value text NOT NULL,
  expires timestamptz NOT NULL
);
CREATE INDEX core_shared_expires ON core_shared (expires);
"""

BACKWARDS = "DROP TABLE core_shared; DROP FUNCTION core_count_try; DROP TABLE core_tries;"


class Migration(migrations.Migration):
    dependencies = [("core", "0003_quiet_queue")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
