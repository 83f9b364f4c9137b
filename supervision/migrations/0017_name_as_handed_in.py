"""A version keeps the works name it was handed in under, in the clear, so that lists need not open the version."""

from django.db import migrations, models

UNNAMED = "未命名工程"


def name_of(version) -> str:
    basics = version.data.get("basics", {})
    return basics.get("works_name") or basics.get("project_name") or UNNAMED


def fill_in(apps, schema_editor):
    versions = apps.get_model("supervision", "FilingVersion").objects.filter(works_name="").order_by("pk")
    for version in versions.iterator(chunk_size=500):
        type(version).objects.filter(pk=version.pk).update(works_name=name_of(version)[:200])


STAYS = """
CREATE FUNCTION name_as_handed_in_stays() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'What was handed in or decided is not rewritten.'; END
$$ LANGUAGE plpgsql;
CREATE TRIGGER name_as_handed_in_stays BEFORE UPDATE ON supervision_filingversion
FOR EACH ROW WHEN (OLD.works_name IS DISTINCT FROM NEW.works_name) EXECUTE FUNCTION name_as_handed_in_stays();
"""
CHANGES = """
DROP TRIGGER name_as_handed_in_stays ON supervision_filingversion;
DROP FUNCTION name_as_handed_in_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("supervision", "0003_what_was_handed_in_stays")]
    operations = [
        migrations.AddField(
            model_name="filingversion",
            name="works_name",
            field=models.CharField(blank=True, max_length=200, verbose_name="工程名称"),
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
        migrations.RunSQL(STAYS, CHANGES),
    ]
