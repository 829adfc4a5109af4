from django.db import migrations, models
from django.db.models import Q

# Of two that were started in the same moment the first goes on.
_SECOND = """
UPDATE training_labelwork w SET state = 'cancelled', finished_at = now(), sentence = 'The same was under way already.'
WHERE state IN ('waiting', 'running') AND EXISTS (
    SELECT 1 FROM training_labelwork o WHERE o.purpose = w.purpose AND o.kind = w.kind AND o.state IN ('waiting', 'running') AND o.id < w.id)
"""


class Migration(migrations.Migration):
    dependencies = [("training", "0005_picked_is_no_draw")]

    operations = [
        migrations.RunSQL(_SECOND, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "labelwork",
            models.UniqueConstraint(
                fields=["purpose", "kind"], condition=Q(state__in=["waiting", "running"]), name="one_open_label_work"
            ),
        ),
    ]
