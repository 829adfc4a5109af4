from django.db import migrations, models

# What somebody picked, or asked for because a label was doubted or a review contested, and the labels that came of it.
_CHOICES = "UPDATE training_choice SET propensity = NULL WHERE way IN ('alike', 'doubt')"
_CHECKS = """
UPDATE quality_check SET probability = NULL
WHERE purpose IN ('adjudicate', 'contest') OR (purpose = 'second' AND case_id IN (SELECT case_id FROM training_doubt))
"""
_LABELS = """
UPDATE verdicts_label l SET propensity = NULL FROM verdicts_verdict v
WHERE v.id = l.verdict_id AND l.propensity IS NOT NULL AND (
    EXISTS (SELECT 1 FROM training_choice c WHERE c.case_id = v.case_id AND c.propensity IS NULL)
    OR EXISTS (SELECT 1 FROM quality_check k LEFT JOIN quality_check p ON p.id = k.parent_id
               WHERE k.case_id = v.case_id AND coalesce(p.probability, k.probability) IS NULL))
"""
# Of two that were started in the same moment the first goes on.
_WORK = """
UPDATE training_labelwork w SET state = 'cancelled', finished_at = now(), sentence = 'The same was under way already.'
WHERE state IN ('waiting', 'running') AND EXISTS (
    SELECT 1 FROM training_labelwork o WHERE o.purpose = w.purpose AND o.kind = w.kind AND o.state IN ('waiting', 'running') AND o.id < w.id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0004_triggers_and_queue"),
        ("quality", "0003_asked_for_is_no_draw"),
        ("verdicts", "0006_label_events_held"),
    ]

    operations = [
        migrations.AlterField("choice", "propensity", models.FloatField(null=True)),
        migrations.RemoveConstraint("choice", "choice_propensity_is_a_chance"),
        migrations.RunSQL([_CHOICES, _CHECKS, _LABELS, _WORK], migrations.RunSQL.noop),
    ]
