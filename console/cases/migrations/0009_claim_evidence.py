from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_claim_together")]

    operations = [
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["case", "reviewer"], name="claim_evidence", condition=models.Q(("evidence_seen", True))),
        ),
    ]
