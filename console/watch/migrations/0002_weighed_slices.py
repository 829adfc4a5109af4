from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Cast, Coalesce, NullIf


def plain_counts(apps, schema_editor):
    """What was read before was counted plainly: its share and its worth are those of the counts."""
    rows = apps.get_model("watch", "SliceReading").objects
    number = models.FloatField()
    rows.update(
        share=Coalesce(Cast("hits", number) / NullIf(Cast("of", number), 0.0), 0.0), worth=F("of"),
        rest_share=Coalesce(Cast("rest_hits", number) / NullIf(Cast("rest_of", number), 0.0), 0.0), rest_worth=F("rest_of"),
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("watch", "0001_readings")]

    operations = [
        migrations.AddField("slicereading", "share", models.FloatField(default=0.0), preserve_default=False),
        migrations.AddField("slicereading", "worth", models.FloatField(default=0.0), preserve_default=False),
        migrations.AddField("slicereading", "rest_share", models.FloatField(default=0.0)),
        migrations.AddField("slicereading", "rest_worth", models.FloatField(default=0.0)),
        migrations.RunPython(plain_counts, migrations.RunPython.noop),
    ]
