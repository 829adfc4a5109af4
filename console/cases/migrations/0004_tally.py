"""Counts that nobody waits for: a trigger notes every change of a case, the sweep adds the notes up. And what was waiting
before gets its place by the new rule."""

from django.db import migrations

NOTE = """
CREATE FUNCTION cases_tally_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The source comes from a subquery, not a join: its plan is kept for the session, and must suit one row and many.
    IF TG_OP = 'INSERT' THEN
        INSERT INTO cases_tally (queue_id, severity, source_id, slot, waiting, claimed, arrived, closed)
        SELECT queue_id, severity, source_id, date_bin('5 minutes', statement_timestamp(), 'epoch'), sum(waiting), sum(claimed), count(*),
               sum(closed)
        FROM (SELECT queue_id, severity, (SELECT i.source_id FROM intake_item i WHERE i.id = c.item_id) AS source_id,
                     (state = 'waiting')::int AS waiting, (state = 'claimed')::int AS claimed, (state = 'closed')::int AS closed
              FROM after_it c) n
        GROUP BY queue_id, severity, source_id;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO cases_tally (queue_id, severity, source_id, slot, waiting, claimed, arrived, closed)
        SELECT queue_id, severity, source_id, 'epoch', -sum(waiting), -sum(claimed), 0, 0
        FROM (SELECT queue_id, severity, (SELECT i.source_id FROM intake_item i WHERE i.id = c.item_id) AS source_id,
                     (state = 'waiting')::int AS waiting, (state = 'claimed')::int AS claimed
              FROM before_it c WHERE state <> 'closed') n
        GROUP BY queue_id, severity, source_id;
    ELSE
        INSERT INTO cases_tally (queue_id, severity, source_id, slot, waiting, claimed, arrived, closed)
        SELECT queue_id, severity, source_id, date_bin('5 minutes', statement_timestamp(), 'epoch'), sum(waiting), sum(claimed), 0, sum(closed)
        FROM (SELECT queue_id, severity, (SELECT i.source_id FROM intake_item i WHERE i.id = c.item_id) AS source_id,
                     sum(waiting) AS waiting, sum(claimed) AS claimed, sum(closed) AS closed
              FROM (SELECT item_id, queue_id, severity, (state = 'waiting')::int AS waiting, (state = 'claimed')::int AS claimed,
                           (state = 'closed')::int AS closed FROM after_it
                    UNION ALL
                    SELECT item_id, queue_id, severity, -(state = 'waiting')::int, -(state = 'claimed')::int, -(state = 'closed')::int
                    FROM before_it) c
              GROUP BY item_id, queue_id, severity
              HAVING sum(waiting) <> 0 OR sum(claimed) <> 0 OR sum(closed) <> 0) n
        GROUP BY queue_id, severity, source_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_tally_insert AFTER INSERT ON cases_case REFERENCING NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION cases_tally_note();
CREATE TRIGGER cases_tally_update AFTER UPDATE ON cases_case REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION cases_tally_note();
CREATE TRIGGER cases_tally_delete AFTER DELETE ON cases_case REFERENCING OLD TABLE AS before_it
    FOR EACH STATEMENT EXECUTE FUNCTION cases_tally_note();
"""
UNNOTE = """
DROP TRIGGER cases_tally_insert ON cases_case;
DROP TRIGGER cases_tally_update ON cases_case;
DROP TRIGGER cases_tally_delete ON cases_case;
DROP FUNCTION cases_tally_note();
DELETE FROM cases_tally;
"""
FILL = """
UPDATE cases_case c SET reports = i.reports, rank = (17.1 + c.severity) / 48,
       urgent_at = c.due_at - 0.3 * (c.due_at - c.created_at),
       priority = (17.1 + c.severity) / 48 * 32 - extract(epoch FROM c.due_at) / (60.0 * q.sla_minutes)
FROM intake_item i, cases_queue q WHERE i.id = c.item_id AND q.id = c.queue_id AND c.state <> 'closed';
INSERT INTO cases_tally (queue_id, severity, source_id, slot, waiting, claimed, arrived, closed)
SELECT c.queue_id, c.severity, i.source_id, 'epoch', count(*) FILTER (WHERE c.state = 'waiting'),
       count(*) FILTER (WHERE c.state = 'claimed'), 0, 0
FROM cases_case c JOIN intake_item i ON i.id = c.item_id WHERE c.state <> 'closed' GROUP BY 1, 2, 3;
"""
KEEP = """
CREATE FUNCTION routing_version_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'routing version % cannot be changed', OLD.number USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER routing_version_immutable BEFORE UPDATE OR DELETE ON cases_routingversion
    FOR EACH ROW EXECUTE FUNCTION routing_version_immutable();
"""
UNKEEP = """
DROP TRIGGER routing_version_immutable ON cases_routingversion;
DROP FUNCTION routing_version_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_queues_grow"), ("intake", "0002_item_views")]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(NOTE, UNNOTE),
        migrations.RunSQL(KEEP, UNKEEP),
    ]
