"""A text as the words that it is found by, the same whatever the database's own language is."""

from django.db import migrations

WORDS = """
CREATE FUNCTION ui_words(text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_to_tsvector(array_remove(
    regexp_split_to_array(lower($1 COLLATE pg_c_utf8), '[^[:alnum:]]+'), ''))
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("ui", "0001_initial")]
    operations = [migrations.RunSQL(WORDS, "DROP FUNCTION ui_words(text)")]
