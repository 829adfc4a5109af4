"""The vectors of items, where the database has pgvector. Where it has not, the function does nothing and can be called again later."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION search_vectors_ensure() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'vector') THEN
        BEGIN
            CREATE EXTENSION vector;
        EXCEPTION WHEN OTHERS THEN  -- it is not on this server, or this role may not: then there is no search by meaning
            RETURN false;
        END;
    END IF;
    IF to_regtype('halfvec') IS NULL THEN  -- older than 0.7
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'insights_itemvector'::regclass AND attname = 'vector' AND NOT attisdropped)
    THEN
        ALTER TABLE insights_itemvector ADD COLUMN vector halfvec(384);
        CREATE INDEX vector_alike ON insights_itemvector USING hnsw (vector halfvec_cosine_ops);
    END IF;
    RETURN true;
END $$;
SELECT search_vectors_ensure();
"""
BACKWARD = "ALTER TABLE insights_itemvector DROP COLUMN IF EXISTS vector; DROP FUNCTION search_vectors_ensure();"


class Migration(migrations.Migration):
    dependencies = [("insights", "0002_search_follows")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
