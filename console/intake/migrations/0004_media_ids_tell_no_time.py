import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0003_item_history")]

    operations = [
        migrations.AlterField(
            model_name="media", name="id", field=models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)
        ),
    ]
