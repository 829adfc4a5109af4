"""Looks in vain are kept for each question, so that a limit that is changed and changed back does not begin anew."""

from django.db import migrations


def forwards(apps, schema_editor):
    for rule in apps.get_model("automation", "AutomationRule").objects.exclude(looks={}):
        old = rule.looks
        asked = (old["model"], old["standard"], str(rule.risk), str(rule.confidence), rule.basis, rule.method)
        rule.looks = {"|".join(asked): {"count": old["count"], "audits": old["audits"]}}
        rule.save(update_fields=["looks"])


def backwards(apps, schema_editor):
    """One question can be kept: of those under the limit that is set, the one asked most often."""
    for rule in apps.get_model("automation", "AutomationRule").objects.exclude(looks={}):
        limit = [str(rule.risk), str(rule.confidence), rule.basis, rule.method]
        asked = [(row["count"], row["audits"], *key.split("|")[:2]) for key, row in rule.looks.items() if key.split("|")[2:] == limit]
        count, audits, model, standard = max(asked, default=(0, 0, "", ""))
        rule.looks = {"model": model, "standard": standard, "count": count, "audits": audits} if count else {}
        rule.save(update_fields=["looks"])


class Migration(migrations.Migration):
    dependencies = [("automation", "0004_limits_of_parts")]

    operations = [migrations.RunPython(forwards, backwards)]
