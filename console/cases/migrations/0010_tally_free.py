import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_claim_evidence")]

    operations = [
        migrations.AlterField(
            model_name="tally",
            name="queue",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.queue"
            ),
        ),
    ]
