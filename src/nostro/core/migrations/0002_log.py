"""What the database itself keeps: the guard, the act, the append-only log and its one writer."""

from django.db import migrations

GUARD = """
CREATE FUNCTION nostro_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Asked here and not in the trigger's WHEN, which is read anew from its text at each statement.
  IF coalesce(current_setting('nostro.act', true), '') <> '' THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'Nothing changes without an operation: % on % bears no act.',
    TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION nostro_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows: % is refused.', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION nostro_answer_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('nostro.answering', true), '') <> '' THEN RETURN NULL; END IF;
  RAISE EXCEPTION '% only grows: % is refused.', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege';
END $$;
"""

BEGIN = """
CREATE FUNCTION nostro_begin(
  _id uuid, _operation text, _key text, _hash text, _at timestamptz,
  _actor_kind text, _actor_id bigint, _api_key bigint,
  _door text, _address text, _device text, _cause bigint
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE earlier jsonb;
BEGIN
  PERFORM set_config('nostro.act', _id::text, true);
  INSERT INTO core_act (id, operation, key, inputs_hash, at, actor_kind, actor_id, api_key_id,
                        door, address, device, cause_id)
  VALUES (_id, _operation, _key, _hash, _at, _actor_kind, _actor_id, _api_key,
          _door, _address, _device, _cause)
  ON CONFLICT DO NOTHING;
  IF FOUND THEN RETURN NULL; END IF;
  SELECT jsonb_build_object('inputs_hash', inputs_hash, 'answer', answer) INTO earlier
    FROM core_act WHERE operation = _operation AND key = _key AND actor_kind = _actor_kind
     AND actor_id IS NOT DISTINCT FROM _actor_id;
  IF earlier IS NULL THEN
    RAISE EXCEPTION 'An act is carried out once: % was there before.', _id;
  END IF;
  PERFORM set_config('nostro.act', '', true);
  RETURN earlier;
END $$;
"""

# Event by event: most acts have one, and a set of one costs like a set. A record's act is read here,
# and neither ever goes: a foreign key from the one to the other could only cost.
WRITE = """
CREATE FUNCTION nostro_write(_act uuid, _answer jsonb, _events jsonb) RETURNS void
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

TRIGGERS = """
CREATE TRIGGER nostro_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_record
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();
CREATE TRIGGER nostro_append_only BEFORE DELETE OR TRUNCATE ON core_act
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();

CREATE TRIGGER nostro_answer_only BEFORE UPDATE ON core_act
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_answer_only();

CREATE TRIGGER nostro_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON core_proposal
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_guard();
CREATE TRIGGER nostro_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();
CREATE TRIGGER nostro_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_sealedblock
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();
CREATE TRIGGER nostro_guard BEFORE INSERT ON core_agreement
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_guard();
CREATE TRIGGER nostro_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_agreement
  FOR EACH STATEMENT EXECUTE FUNCTION nostro_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial"), ("procrastinate", "0041_post_retry_failed_job")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (GUARD, BEGIN, WRITE, TRIGGERS)
    ]
