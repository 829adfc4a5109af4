import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField("case", "label", models.CharField(blank=True, db_default="", default="", max_length=64)),
        migrations.AddField(
            "case",
            "assigned_to",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField("claim", "ahead", models.BooleanField(db_default=False, default=False)),
    ]
