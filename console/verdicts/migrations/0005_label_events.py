import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SOURCES = [
    ("verdict", "Verdict"), ("second", "Second"), ("adjudicated", "Adjudicated"), ("gold", "Gold"), ("audit", "Audit"),
    ("appeal", "Appeal"), ("feedback", "Feedback"), ("import", "Import"),
]
FILL = """
UPDATE verdicts_label l SET reviewer_id = v.reviewer_id FROM verdicts_verdict v WHERE v.id = l.verdict_id AND l.reviewer_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("verdicts", "0004_decision_optional"),
    ]

    operations = [
        migrations.AlterField(
            model_name="label",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=16),
        ),
        migrations.AddField(
            model_name="label",
            name="reviewer",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(model_name="label", name="propensity", field=models.FloatField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
