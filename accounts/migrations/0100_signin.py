"""Devices, locks of sign-in, recovery tickets."""

import accounts.models.tickets
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import portal.crypto
import portal.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_where_they_belong'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='phone_disputed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='registration',
            name='kind',
            field=models.CharField(choices=[('enterprise', '企业注册'), ('project_user', '项目用户注册'), ('member', '新建用户'), ('recovery', '手机号更换申请')], max_length=20),
        ),
        migrations.AlterField(
            model_name='verificationcode',
            name='purpose',
            field=models.CharField(choices=[('enterprise_registration', '企业注册'), ('project_user_registration', '项目用户注册'), ('first_password', '首次登录修改密码'), ('sign_in', '登录'), ('password_reset', '密码重置'), ('phone_change', '手机号更换'), ('new_phone', '绑定新手机号'), ('ticket_stop', '撤销手机号更换申请')], max_length=30),
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('index', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=60, verbose_name='设备')),
                ('address', models.CharField(blank=True, max_length=45, verbose_name='网络地址')),
                ('first_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='首次登录')),
                ('signed_in_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='最近登录')),
                ('session_key', models.CharField(blank=True, max_length=40)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '登录设备',
                'constraints': [models.UniqueConstraint(fields=('user', 'index'), name='device_is_kept_once_per_user')],
            },
        ),
        migrations.CreateModel(
            name='RecoveryTicket',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(default=accounts.models.tickets.new_number, max_length=20, unique=True, verbose_name='申请编号')),
                ('kind', models.CharField(choices=[('phone', '手机号更换（旧号码无法使用）'), ('agent', '经办人变更'), ('recycled', '手机号解绑（号码已换人使用）')], max_length=10, verbose_name='类型')),
                ('status', models.CharField(choices=[('submitted', '待核验'), ('proposed', '待复核'), ('waiting', '等待生效'), ('done', '已完成'), ('refused', '未通过'), ('stopped', '已撤销')], default='submitted', max_length=10, verbose_name='状态')),
                ('claim', portal.crypto.EncryptedJSONField(default=dict)),
                ('new_phone', portal.crypto.EncryptedTextField(verbose_name='新手机号')),
                ('submitted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='提交时间')),
                ('proposed_at', models.DateTimeField(null=True)),
                ('finding', models.CharField(blank=True, max_length=300, verbose_name='核验说明')),
                ('effective_at', models.DateTimeField(null=True, verbose_name='生效时间')),
                ('closed_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='原因')),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recovery_tickets', to=settings.AUTH_USER_MODEL)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '找回与变更申请',
                'ordering': ['submitted_at', 'id'],
                'indexes': [models.Index(fields=['status', 'submitted_at'], name='ticket_by_status'), models.Index(condition=models.Q(('status', 'waiting')), fields=['effective_at'], name='ticket_to_finish')],
                'constraints': [models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(('proposed_by__isnull', False), models.Q(('confirmed_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='ticket_is_confirmed_by_a_second_person'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['waiting', 'done']), _negated=True), models.Q(('confirmed_by__isnull', False), ('effective_at__isnull', False)), _connector='OR'), name='ticket_takes_effect_at_a_time'), models.UniqueConstraint(condition=models.Q(('status__in', ['proposed', 'waiting'])), fields=('account',), name='ticket_is_pursued_once_per_account')],
            },
        ),
        migrations.CreateModel(
            name='SignInLock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.CharField(max_length=40, verbose_name='账号')),
                ('address', models.CharField(blank=True, max_length=45, verbose_name='网络地址')),
                ('keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None)),
                ('began_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='锁定时间')),
                ('ends_at', models.DateTimeField(verbose_name='自动解锁时间')),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '登录锁定',
                'indexes': [models.Index(fields=['ends_at'], name='sign_in_lock_end')],
            },
        ),
    ]
