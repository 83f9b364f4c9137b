"""The same project is looked for by its numbers and by the credit code of its owner, on every page of 联合报监."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("supervision", "0017_what_stations_find")]
    operations = [
        migrations.AddIndex(
            "filing", models.Index(fields=["project_no"], name="filing_project_no", condition=~Q(project_no=""))
        ),
        migrations.AddIndex(
            "filing", models.Index(fields=["permit_no"], name="filing_permit_no", condition=~Q(permit_no=""))
        ),
        migrations.AddIndex(
            "filingparty",
            models.Index(fields=["uscc", "party_type"], name="filing_party_uscc", condition=~Q(uscc="")),
        ),
    ]
