"""A digest of each row as it came, so that one that comes again as it was is not even read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0002_search_statistics")]

    operations = [
        migrations.AddField(
            model_name=model,
            name="raw_digest",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=32),
        )
        for model in ("constructionpermit", "awardrecord")
    ]
