"""Keywords are planned well only when the planner has seen many tokens (stack: measured at a million rows)."""

from django.db import migrations

TABLES = [
    "projects_project",
    "projects_projectuser",
    "projects_constructionpermit",
    "projects_awardrecord",
]


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_projects")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ALTER search_tokens SET STATISTICS 1000",
            f"ALTER TABLE {table} ALTER search_tokens SET STATISTICS -1",
        )
        for table in TABLES
    ]
