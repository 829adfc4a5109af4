"""What keeps people well: preferences, rules of the house, what was in front of a person, breaks; and the group that looks after it."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


def add_group(apps, schema_editor):
    apps.get_model("auth", "Group").objects.get_or_create(name="wellbeing")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_role_groups"),
    ]

    operations = [
        migrations.CreateModel(
            name="Preferences",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="preferences",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("blur", models.BooleanField(null=True)),
                ("grey", models.BooleanField(null=True)),
                ("mute", models.BooleanField(null=True)),
                ("edge", models.BooleanField(null=True)),
                ("motion", models.BooleanField(default=True)),
                ("single_keys", models.BooleanField(default=True)),
                ("keys", models.JSONField(blank=True, default=dict)),
                ("avoid", models.JSONField(blank=True, default=list)),
                ("lighter_until", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CareRules",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("blur", models.BooleanField(default=True)),
                ("grey", models.BooleanField(default=True)),
                ("mute", models.BooleanField(default=True)),
                ("edge", models.BooleanField(default=False)),
                ("blur_fixed", models.BooleanField(default=True)),
                ("grey_fixed", models.BooleanField(default=False)),
                ("mute_fixed", models.BooleanField(default=False)),
                ("edge_fixed", models.BooleanField(default=False)),
                ("may_avoid", models.BooleanField(default=True)),
                ("serious_minutes", models.SmallIntegerField(default=120)),
                ("severe_minutes", models.SmallIntegerField(default=60)),
                ("break_minutes", models.SmallIntegerField(default=45)),
                ("break_hard_minutes", models.SmallIntegerField(default=20)),
                ("day_starts", models.SmallIntegerField(default=4)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="care_rules_once"),
                    models.CheckConstraint(condition=models.Q(("day_starts__gte", 0), ("day_starts__lte", 23)), name="care_day_starts"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Break",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("ended_at__isnull", True)), fields=("user",), name="one_break_at_a_time")
                ],
            },
        ),
        migrations.CreateModel(
            name="Stretch",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("sort", models.CharField(choices=[("work", "Work"), ("clear", "Clear"), ("text", "Text")], max_length=8)),
                ("severity", models.SmallIntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "ended_at"], name="stretch_recent")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("ended_at__gte", models.F("started_at"))), name="stretch_runs_forward")
                ],
            },
        ),
        migrations.RunPython(add_group, migrations.RunPython.noop),
    ]
