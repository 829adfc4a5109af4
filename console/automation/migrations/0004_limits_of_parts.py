"""A language or a source may have a limit and certificates of its own, beside those of the rest of its band."""

from django.db import migrations, models
from django.db.models import Q

_KNOWN = Q(cut="", name="") | (Q(cut__in=["language", "source"]) & ~Q(name=""))


class Migration(migrations.Migration):
    dependencies = [("automation", "0003_band_slices")]

    operations = [
        migrations.AddField("automationrule", "cut", models.CharField(max_length=8, default="", blank=True)),
        migrations.AddField("automationrule", "name", models.CharField(max_length=100, default="", blank=True)),
        migrations.AddField("certificate", "cut", models.CharField(max_length=8, default="", blank=True)),
        migrations.AddField("certificate", "name", models.CharField(max_length=100, default="", blank=True)),
        migrations.RemoveConstraint("automationrule", "automation_rule_once"),
        migrations.RemoveConstraint("certificate", "one_valid_certificate"),
        migrations.AddConstraint(
            "automationrule", models.UniqueConstraint(fields=["kind", "label", "side", "cut", "name"], name="automation_rule_once")
        ),
        migrations.AddConstraint("automationrule", models.CheckConstraint(condition=_KNOWN, name="automation_rule_part_known")),
        migrations.AddConstraint(
            "certificate",
            models.UniqueConstraint(
                fields=["kind", "label", "side", "cut", "name"], condition=Q(state="valid"), name="one_valid_certificate"
            ),
        ),
    ]
