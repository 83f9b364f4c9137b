"""The audit trail refuses to be changed, whoever asks."""

from django.db import migrations

from portal.audit.sql import APPEND_ONLY, CHANGEABLE_AGAIN


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_kernel")]
    operations = [migrations.RunSQL(APPEND_ONLY, CHANGEABLE_AGAIN)]
