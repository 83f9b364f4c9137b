"""Where people and stations belong."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("accounts", "0002_initial"),
        ("accounts", "0014_delegations"),
    ]
    dependencies = [
        ('accounts', '0001_people_and_stations'),
        ('portal', '0001_kernel'),
    ]

    operations = [
        migrations.AddField(
            model_name='stationrole',
            name='area',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='station_roles', to='portal.jurisdictionarea', verbose_name='管辖区域'),
        ),
        migrations.AddField(
            model_name='stationrole',
            name='station',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='roles', to='accounts.station'),
        ),
        migrations.AddIndex(
            model_name='verificationcode',
            index=models.Index(fields=['phone_index', 'purpose', '-created_at'], name='code_by_phone'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'personal'), _negated=True), ('id_index__isnull', False), _connector='OR'), name='user_who_is_a_person_has_an_id_number'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'personal'), models.Q(('id_index__isnull', True), ('phone_index__isnull', True)), _connector='OR'), name='user_of_an_enterprise_or_station_is_no_person'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('duty', ''), ('kind', 'staff'), _connector='OR'), name='user_with_a_duty_is_staff'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='delegation_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(('officer', models.F('delegate')), _negated=True), name='delegation_is_to_somebody_else'),
        ),
        migrations.AddIndex(
            model_name='registration',
            index=models.Index(fields=['expires_at'], name='registration_expiry'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.UniqueConstraint(condition=models.Q(('user__isnull', False)), fields=('agreement', 'user'), name='acceptance_is_kept_once_per_user'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.UniqueConstraint(condition=models.Q(('registration__isnull', False)), fields=('agreement', 'registration'), name='acceptance_is_kept_once_per_draft'),
        ),
        migrations.AddConstraint(
            model_name='stationpost',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('user', 'station', 'role'), name='station_post_is_held_once'),
        ),
        migrations.AddConstraint(
            model_name='stationrole',
            constraint=models.UniqueConstraint(condition=models.Q(('valid_to', None)), fields=('role', 'area'), name='station_role_is_held_once_per_area', violation_error_message='该区域的这项职责已由另一监督机构承担，请先填写其失效日期。'),
        ),
        migrations.AddConstraint(
            model_name='stationrole',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='station_role_ends_after_it_begins'),
        ),
    ]
