"""Who ever said what a known answer is, not only who said it last: nobody who knows it is measured by it."""

from django.conf import settings
from django.db import migrations, models

_FILL = """
INSERT INTO quality_gold_known_to (gold_id, user_id)
SELECT id, marked_by_id FROM quality_gold WHERE marked_by_id IS NOT NULL
UNION SELECT g.id, l.reviewer_id FROM quality_gold g JOIN verdicts_label l ON l.item_id = g.item_id AND l.source = 'gold'
WHERE l.reviewer_id IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("quality", "0003_asked_for_is_no_draw"),
        ("verdicts", "0006_label_events_held"),
    ]

    operations = [
        migrations.AddField("gold", "known_to", models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL)),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]
