from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A check that somebody asked for was written down as drawn with certainty. Which those are is known to console.training."""

    dependencies = [("quality", "0002_audit_purpose")]

    operations = [
        migrations.AlterField("check", "probability", models.FloatField(null=True)),
        migrations.RemoveConstraint("check", "check_probability_known"),
        migrations.AddConstraint(
            "check",
            models.CheckConstraint(
                condition=Q(probability=None) | Q(probability__gt=0, probability__lte=1), name="check_probability_known"
            ),
        ),
    ]
