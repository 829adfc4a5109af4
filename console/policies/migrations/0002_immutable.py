"""A policy version that has been active may never change: the database holds it, whatever the code does."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION policy_version_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'policy version % is % and cannot be deleted', OLD.id, OLD.state USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state = 'draft' THEN
        RETURN NEW;
    END IF;
    IF ROW(NEW.id, NEW.policy_id, NEW.number, NEW.document, NEW.checksum, NEW.note, NEW.created_by_id, NEW.created_at,
           NEW.activated_by_id, NEW.activated_at)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.policy_id, OLD.number, OLD.document, OLD.checksum, OLD.note, OLD.created_by_id, OLD.created_at,
           OLD.activated_by_id, OLD.activated_at)
    THEN
        RAISE EXCEPTION 'policy version % is % and cannot be changed', OLD.id, OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state = 'active' AND NEW.state = 'retired') THEN
        RAISE EXCEPTION 'policy version % is % and cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER policy_version_immutable BEFORE UPDATE OR DELETE ON policies_policyversion
    FOR EACH ROW EXECUTE FUNCTION policy_version_immutable();
"""

BACKWARD = """
DROP TRIGGER policy_version_immutable ON policies_policyversion;
DROP FUNCTION policy_version_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
