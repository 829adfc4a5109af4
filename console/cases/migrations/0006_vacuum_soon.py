"""Every claim and every verdict moves a row out of a partial index. Waiting for a fifth of a large table to die would let each
claim step over all of it, so these tables are cleaned after a few hundred rows; room on each page keeps new versions near."""

from django.db import migrations

TABLES = ("cases_case", "cases_claim", "cases_tally", "cases_presence", "cases_draft")
SETTINGS = {
    "fillfactor": "90",
    "autovacuum_vacuum_scale_factor": "0.005",
    "autovacuum_vacuum_threshold": "500",
    "autovacuum_vacuum_cost_delay": "1",
    "autovacuum_analyze_scale_factor": "0.02",
    "autovacuum_analyze_threshold": "500",
}


def _set(table: str) -> str:
    return f"ALTER TABLE {table} SET ({', '.join(f'{name} = {value}' for name, value in SETTINGS.items())})"


def _reset(table: str) -> str:
    return f"ALTER TABLE {table} RESET ({', '.join(SETTINGS)})"


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_ahead_presence_draft")]

    operations = [migrations.RunSQL([_set(table) for table in TABLES], [_reset(table) for table in TABLES])]
