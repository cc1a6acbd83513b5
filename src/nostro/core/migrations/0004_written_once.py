"""Writing an act down, event by event: most acts have one, and a set of one costs like a set.

A record's act is read by the very function that writes it, and neither ever goes: a foreign key
from the one to the other could only cost.
"""

from django.db import migrations, models

WRITE = """
CREATE OR REPLACE FUNCTION nostro_write(_act uuid, _answer jsonb, _events jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE a core_act; _one jsonb; _id bigint; _topic text; _topics text[] := '{}';
BEGIN
  IF _answer IS NULL THEN
    SELECT * INTO STRICT a FROM core_act WHERE id = _act;
  ELSE
    PERFORM set_config('nostro.answering', 'yes', true);
    UPDATE core_act SET answer = _answer WHERE id = _act RETURNING * INTO STRICT a;
    PERFORM set_config('nostro.answering', '', true);
  END IF;
  FOR _n IN 0 .. jsonb_array_length(_events) - 1 LOOP
    _one := _events->_n;
    INSERT INTO core_record (xid, name, at, written_at, act_id, cause_id, operation, actor_kind,
      actor_id, subject_type, subject_id, client_id, entity_id, data)
    VALUES (pg_current_xact_id()::text::bigint, _one->>'name', a.at, clock_timestamp(), a.id,
      a.cause_id, _one->>'operation', a.actor_kind, a.actor_id, _one->>'subject_type',
      (_one->>'subject_id')::bigint, (_one->>'client_id')::bigint, (_one->>'entity_id')::bigint,
      _one->'data')
    RETURNING id INTO _id;
    IF jsonb_array_length(_one->'jobs') > 0 THEN
      INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args)
      SELECT j->>'queue', 'nostro.react', j->>'lock',
             jsonb_build_object('reaction', j->'reaction', 'record', _id)
        FROM jsonb_array_elements(_one->'jobs') AS j;
    END IF;
    _topic := (_one->>'subject_type') || '/' || coalesce(_one->>'client_id', '');
    IF _topic <> ALL (_topics) THEN _topics := _topics || _topic; END IF;
  END LOOP;
  PERFORM pg_notify('nostro_log', left(array_to_string(_topics, ' '), 7000));
  PERFORM set_config('nostro.act', '', true);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0003_quiet_queue")]
    operations = [
        migrations.AlterField(
            "record",
            "act",
            models.ForeignKey(
                "core.actrow", on_delete=models.PROTECT, related_name="records", db_constraint=False
            ),
        ),
        migrations.RunSQL(WRITE, migrations.RunSQL.noop),
    ]
