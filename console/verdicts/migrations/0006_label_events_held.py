from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Apart from the fill: a table that rows were just changed in cannot be altered in the same transaction."""

    dependencies = [("verdicts", "0005_label_events")]

    operations = [
        migrations.AddIndex(
            model_name="label",
            index=models.Index(condition=Q(withdrawn=False), fields=["source", "item"], name="label_source"),
        ),
        migrations.AddConstraint(
            model_name="label",
            constraint=models.CheckConstraint(
                condition=Q(propensity=None) | Q(propensity__gt=0, propensity__lte=1), name="label_propensity_is_a_chance"
            ),
        ),
    ]
