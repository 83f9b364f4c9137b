"""A setting of a station: 通过 counts once the chief has confirmed it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0100_signin")]

    operations = [
        migrations.AddField(
            "station",
            "confirm_approvals",
            models.BooleanField(
                "通过须站长确认",
                default=False,
                help_text="勾选后，审核员选择“通过”时先提交站长，由另一位站长确认后才生效；不予通过总是须站长确认。",
            ),
        ),
    ]
