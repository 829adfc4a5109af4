"""Whoever changes a decision, a verdict, a case or an item's state: the search row follows in the same transaction.

Triggers, because a filter that lags would show people what they may not see yet, and because a new way to decide must not have to
know of the search. They fire only for what the row says: claims and leases, which are hot, pass them by.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE insights_searchrow SET (toast_tuple_target = 128);
ALTER TABLE insights_searchrow ALTER COLUMN words SET STORAGE EXTERNAL, ALTER COLUMN words SET STATISTICS 1000;

CREATE FUNCTION search_facts(asked uuid) RETURNS TABLE (
    status varchar, reports integer, is_open boolean, is_held boolean, outcome varchar, action varchar, label varchar, severity smallint,
    automated boolean, reviewer_id bigint, decided_at timestamptz, risk double precision
) LANGUAGE sql STABLE AS $$
    SELECT i.status, i.reports,
           EXISTS (SELECT 1 FROM cases_case c WHERE c.item_id = i.id AND c.state <> 'closed'),
           coalesce(d.state = 'held', false), coalesce(d.outcome, ''), coalesce(d.action, ''), coalesce(d.label, ''),
           coalesce(d.severity, 0::smallint), coalesce(d.automated, false), v.reviewer_id, d.created_at,
           (SELECT s.risk FROM scores_score s WHERE s.item_id = i.id ORDER BY s.id DESC LIMIT 1)
    FROM intake_item i
    LEFT JOIN scores_decision d ON d.item_id = i.id AND d.state IN ('effective', 'held')
    LEFT JOIN verdicts_verdict v ON v.decision_id = d.id
    WHERE i.id = asked
$$;

CREATE FUNCTION search_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE asked uuid;
BEGIN
    IF TG_TABLE_NAME = 'intake_item' THEN asked := NEW.id; ELSE asked := NEW.item_id; END IF;
    UPDATE insights_searchrow r
    SET (status, reports, is_open, is_held, outcome, action, label, severity, automated, reviewer_id, decided_at, risk)
        = (f.status, f.reports, f.is_open, f.is_held, f.outcome, f.action, f.label, f.severity, f.automated, f.reviewer_id, f.decided_at,
           f.risk)
    FROM search_facts(asked) f
    WHERE r.item_id = asked
      AND (r.status, r.reports, r.is_open, r.is_held, r.outcome, r.action, r.label, r.severity, r.automated, r.reviewer_id, r.decided_at,
           r.risk)
          IS DISTINCT FROM
          (f.status, f.reports, f.is_open, f.is_held, f.outcome, f.action, f.label, f.severity, f.automated, f.reviewer_id, f.decided_at,
           f.risk);
    RETURN NULL;
END $$;

CREATE TRIGGER search_follows_item AFTER UPDATE OF status, reports ON intake_item FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.reports IS DISTINCT FROM NEW.reports) EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_follows_case AFTER UPDATE OF state ON cases_case FOR EACH ROW
    WHEN ((OLD.state = 'closed') IS DISTINCT FROM (NEW.state = 'closed')) EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_follows_new_case AFTER INSERT ON cases_case FOR EACH ROW EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_follows_decision AFTER INSERT OR UPDATE ON scores_decision FOR EACH ROW EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_follows_verdict AFTER INSERT ON verdicts_verdict FOR EACH ROW EXECUTE FUNCTION search_follow();
CREATE TRIGGER search_follows_score AFTER INSERT ON scores_score FOR EACH ROW EXECUTE FUNCTION search_follow();
"""
BACKWARD = """
DROP TRIGGER search_follows_item ON intake_item;
DROP TRIGGER search_follows_case ON cases_case;
DROP TRIGGER search_follows_new_case ON cases_case;
DROP TRIGGER search_follows_decision ON scores_decision;
DROP TRIGGER search_follows_verdict ON verdicts_verdict;
DROP TRIGGER search_follows_score ON scores_score;
DROP FUNCTION search_follow();
DROP FUNCTION search_facts(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0001_search"),
        ("intake", "0001_initial"),
        ("scores", "0001_initial"),
        ("cases", "0001_initial"),
        ("verdicts", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
