from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_first_outcome")]

    operations = [
        migrations.AddField(model_name="claim", name="together", field=models.BooleanField(db_default=False, default=False)),
    ]
