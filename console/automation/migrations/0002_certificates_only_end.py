"""A certificate says what was proven when. It may end once; nothing else of it changes, and it is never deleted: the database holds that."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION certificate_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'certificate % cannot be deleted', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'valid' OR to_jsonb(NEW) - ARRAY['state', 'ended_at', 'why'] IS DISTINCT FROM to_jsonb(OLD) - ARRAY['state', 'ended_at', 'why']
    THEN
        RAISE EXCEPTION 'certificate % cannot be changed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER certificate_only_ends BEFORE UPDATE OR DELETE ON automation_certificate
    FOR EACH ROW EXECUTE FUNCTION certificate_only_ends();
"""

BACKWARD = """
DROP TRIGGER certificate_only_ends ON automation_certificate;
DROP FUNCTION certificate_only_ends();
"""


class Migration(migrations.Migration):
    dependencies = [("automation", "0001_automation")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
