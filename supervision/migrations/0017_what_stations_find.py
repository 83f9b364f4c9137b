"""What the stations' lists read and search.

A version keeps the works name it was handed in under, in the clear, so that lists need not open the version. A filing
carries a token for each station that reviews it, whoever writes the review: a station's keyword then meets its own
filings in the index, not those of the whole city.
"""

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

FOUND = """
CREATE FUNCTION filing_is_found_by_its_stations() RETURNS trigger AS $$
BEGIN
  UPDATE supervision_filing SET search_tokens = array_append(search_tokens, 'station:' || NEW.station_id)
  WHERE id = NEW.filing_id AND NOT search_tokens @> ARRAY['station:' || NEW.station_id];
  RETURN NULL;
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER filing_is_found_by_its_stations AFTER INSERT OR UPDATE OF station_id ON supervision_review
FOR EACH ROW EXECUTE FUNCTION filing_is_found_by_its_stations();
UPDATE supervision_filing SET search_tokens = search_tokens || held.tokens
FROM (SELECT filing_id, array_agg(DISTINCT 'station:' || station_id) AS tokens FROM supervision_review GROUP BY 1) AS held
WHERE held.filing_id = supervision_filing.id AND NOT search_tokens @> held.tokens;
"""
LOST = """
DROP TRIGGER filing_is_found_by_its_stations ON supervision_review;
DROP FUNCTION filing_is_found_by_its_stations();
"""


class Migration(migrations.Migration):
    dependencies = [("supervision", "0016_after_approval")]
    operations = [
        migrations.AddField(
            model_name="filingversion",
            name="works_name",
            field=models.CharField(blank=True, max_length=200, verbose_name="工程名称"),
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
        migrations.RunSQL(STAYS, CHANGES),
        migrations.RunSQL(FOUND, LOST),
    ]
