"""Versions and decisions are kept for ever as they were."""

from django.db import migrations

from supervision.frozen_sql import FROZEN, REWRITABLE


class Migration(migrations.Migration):
    dependencies = [("supervision", "0002_search_statistics")]
    operations = [migrations.RunSQL(FROZEN, REWRITABLE)]
