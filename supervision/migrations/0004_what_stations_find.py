"""What the stations' lists read and search.

A version keeps the works name it was handed in under, in the clear, so that lists need not open the version. A filing
carries a token for each station that reviews it, whoever writes the review: a station's keyword then meets its own
filings in the index, not those of the whole city.
"""

from django.db import migrations

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
"""
LOST = """
DROP TRIGGER filing_is_found_by_its_stations ON supervision_review;
DROP FUNCTION filing_is_found_by_its_stations();
"""


class Migration(migrations.Migration):
    replaces = [("supervision", "0017_what_stations_find")]
    dependencies = [("supervision", "0003_what_was_handed_in_stays")]
    operations = [migrations.RunSQL(STAYS, CHANGES), migrations.RunSQL(FOUND, LOST)]
