from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("verdicts", "0002_batch_and_correction")]
    operations = [
        migrations.AddField(model_name="verdict", name="duration_hours", field=models.SmallIntegerField(blank=True, null=True)),
    ]
