from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Apart from the fill: a table that rows were just changed in cannot be altered in the same transaction."""

    dependencies = [("training", "0005_picked_is_no_draw")]

    operations = [
        migrations.AddConstraint(
            "choice",
            models.CheckConstraint(
                condition=Q(way__in=["alike", "doubt"], propensity=None)
                | (~Q(way__in=["alike", "doubt"]) & Q(propensity__gt=0, propensity__lte=1)),
                name="choice_propensity_is_a_chance",
            ),
        ),
        migrations.AddConstraint(
            "labelwork",
            models.UniqueConstraint(
                fields=["purpose", "kind"], condition=Q(state__in=["waiting", "running"]), name="one_open_label_work"
            ),
        ),
    ]
