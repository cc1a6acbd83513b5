"""The token buckets of API keys: unlogged, outside the guard, and taken from in one statement."""

from django.db import migrations

FORWARDS = """
CREATE UNLOGGED TABLE hooks_bucket (
  key_id bigint PRIMARY KEY REFERENCES hooks_apikey ON DELETE CASCADE,
  tokens double precision NOT NULL,
  taken boolean NOT NULL,
  used_at timestamptz NOT NULL
);

CREATE FUNCTION hooks_take_token(_key bigint, _burst int, _per_second int, _at timestamptz)
RETURNS int LANGUAGE sql AS $$
  INSERT INTO hooks_bucket AS b (key_id, tokens, taken, used_at)
  VALUES (_key, _burst - 1, true, _at)
  ON CONFLICT (key_id) DO UPDATE SET (tokens, taken, used_at) = (
    SELECT CASE WHEN full_now >= 1 THEN full_now - 1 ELSE full_now END, full_now >= 1,
           greatest(b.used_at, _at)
      FROM (SELECT least(_burst::float8, b.tokens + _per_second
                   * greatest(0, extract(epoch FROM _at - b.used_at))::float8) AS full_now) AS f)
  RETURNING CASE WHEN taken THEN 0 ELSE greatest(1, ceil((1 - tokens) / _per_second))::int END
$$;
"""

BACKWARDS = "DROP FUNCTION hooks_take_token; DROP TABLE hooks_bucket;"


class Migration(migrations.Migration):
    dependencies = [("hooks", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
