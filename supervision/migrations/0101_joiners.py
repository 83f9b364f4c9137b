"""A version is sealed anew only by the owner of the tables, in a session that says so, and nothing else of it changes."""

from django.db import migrations

from supervision.frozen_sql import FROZEN, RESEALED

FIRST = FROZEN.split("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("supervision", "0101_desk")]
    operations = [migrations.RunSQL(RESEALED, FIRST)]
