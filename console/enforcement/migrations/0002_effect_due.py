from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("enforcement", "0001_initial")]
    operations = [
        migrations.AddIndex(
            model_name="enforcementaction",
            index=models.Index(fields=["ends_at"], name="effect_due", condition=Q(state="active", ends_at__isnull=False)),
        ),
    ]
