from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scores", "0003_fingerprint")]
    operations = [
        migrations.AddField(model_name="decision", name="duration_hours", field=models.SmallIntegerField(blank=True, null=True)),
    ]
