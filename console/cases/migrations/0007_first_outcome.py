from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_vacuum_soon")]

    operations = [
        migrations.AddField("claim", "first_outcome", models.CharField(blank=True, db_default="", default="", max_length=8)),
    ]
