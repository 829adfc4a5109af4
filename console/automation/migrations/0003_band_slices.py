import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("automation", "0002_certificates_only_end")]

    operations = [
        migrations.CreateModel(
            "BandSlice",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="slices", to="automation.certificate"
                    ),
                ),
                ("cut", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=100)),
                ("of", models.IntegerField()),
                ("wrong", models.IntegerField()),
                ("low", models.FloatField()),
                ("high", models.FloatField()),
                ("withheld", models.BooleanField()),
                ("measured_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["certificate", "cut", "name"], name="band_slice_once"),
                    models.CheckConstraint(condition=models.Q(cut__in=["language", "source"]), name="band_slice_cut_known"),
                ]
            },
        )
    ]
