import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_item_views")]

    operations = [
        migrations.AlterField(
            model_name="media", name="id", field=models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)
        ),
    ]
