"""Schedules become triggers of several causes, runs wait in a queue, and say why they were asked for and why they failed."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

_KEYS = """UPDATE training_firing SET key = to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("training", "0003_serving"),
    ]

    operations = [
        migrations.RenameModel("Schedule", "Trigger"),
        migrations.RenameModel("ScheduleSlot", "Firing"),
        migrations.RemoveConstraint("firing", "slot_once"),
        migrations.RenameField("firing", "schedule", "trigger"),
        migrations.RenameField("firing", "slot", "at"),
        migrations.AddField("firing", "key", models.CharField(default="", max_length=80), preserve_default=False),
        migrations.RunSQL(_KEYS, migrations.RunSQL.noop),
        migrations.AddField("firing", "reason", models.CharField(blank=True, default="", max_length=300)),
        migrations.AddField("firing", "note", models.CharField(blank=True, default="", max_length=300)),
        migrations.AlterField(
            "firing", "trigger",
            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="firings", to="training.trigger"),
        ),
        migrations.AlterField(
            "firing", "run",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="firings", to="training.trainingrun"),
        ),
        migrations.AddConstraint("firing", models.UniqueConstraint(fields=["trigger", "key"], name="cause_fires_once")),
        migrations.AddField(
            "trigger", "cause",
            models.CharField(
                choices=[("time", "Time"), ("labels", "Labels"), ("drift", "Drift"), ("band", "Band")], default="time", max_length=8
            ),
        ),
        migrations.AlterField("trigger", "cron", models.CharField(blank=True, default="", max_length=100)),
        migrations.AddField("trigger", "labels", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddField("trigger", "rest_hours", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("trigger", "since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
        migrations.AddConstraint(
            "trigger", models.CheckConstraint(condition=Q(cause="time") ^ Q(cron=""), name="trigger_time_has_cron")
        ),
        migrations.AddConstraint(
            "trigger", models.CheckConstraint(condition=Q(cause="labels") ^ Q(labels=None), name="trigger_labels_has_number")
        ),
        migrations.AlterField(
            "trainingrun", "state",
            models.CharField(
                choices=[
                    ("queued", "Queued"), ("waiting", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="waiting", max_length=10,
            ),
        ),
        migrations.AddField("trainingrun", "reason", models.CharField(blank=True, default="", max_length=300)),
        migrations.AddField("trainingrun", "place", models.BigIntegerField(default=0)),
        migrations.AddField("trainingrun", "marks", models.JSONField(default=list)),
        migrations.AddField("trainingrun", "failure", models.CharField(blank=True, default="", max_length=16)),
        migrations.AddField("trainingrun", "search", models.JSONField(default=dict)),
        migrations.AddField("trainingrun", "trials", models.JSONField(default=list)),
        migrations.AddField("trainingrun", "trained", models.JSONField(default=dict)),
        migrations.AddField(
            "trainingrun", "retry_of",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="retries", to="training.trainingrun"
            ),
        ),
        migrations.CreateModel(
            name="RunLimits",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=32, unique=True)),
                ("threads", models.PositiveSmallIntegerField(default=1)),
                ("memory_mb", models.PositiveIntegerField(default=4000)),
                ("minutes", models.PositiveIntegerField(default=240)),
                ("disk_mb", models.PositiveIntegerField(default=500)),
                ("search_minutes", models.PositiveSmallIntegerField(default=0)),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
    ]  # fmt: skip
