"""Enterprises, their members and the systems they are authorised for."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
import portal.crypto
import portal.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("enterprises", "0001_initial"),
        ("enterprises", "0016_after_approval"),
    ]
    dependencies = [
        ('accounts', '__first__'),
        ('portal', '0001_kernel'),
    ]

    operations = [
        migrations.CreateModel(
            name='BusinessSystem',
            fields=[
                ('code', models.SlugField(max_length=40, primary_key=True, serialize=False, verbose_name='代码')),
                ('name', models.CharField(max_length=40, verbose_name='系统名称')),
                ('home_name', models.CharField(max_length=40, verbose_name='首页名称')),
                ('purpose', models.CharField(max_length=200, verbose_name='用途')),
                ('icon', models.CharField(max_length=40)),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='排序')),
                ('is_open', models.BooleanField(default=False, verbose_name='已建成')),
                ('url_name', models.CharField(blank=True, max_length=60)),
            ],
            options={
                'verbose_name': '业务系统',
                'verbose_name_plural': '业务系统',
                'ordering': ['order'],
            },
        ),
        migrations.CreateModel(
            name='Position',
            fields=[
                ('code', models.CharField(max_length=4, primary_key=True, serialize=False, verbose_name='代码')),
                ('name', models.CharField(max_length=40, verbose_name='职务')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='排序')),
                ('leads', models.BooleanField(default=False, verbose_name='项目负责人类岗位')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
            ],
            options={
                'verbose_name': '职务',
                'verbose_name_plural': '职务',
                'ordering': ['order', 'code'],
            },
        ),
        migrations.CreateModel(
            name='Enterprise',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('search_tokens', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, editable=False, size=None)),
                ('search_text', models.TextField(default='', editable=False)),
                ('name', models.CharField(max_length=200, verbose_name='企业名称')),
                ('uscc', models.CharField(error_messages={'unique': '统一社会信用代码已经存在'}, max_length=18, unique=True, verbose_name='统一社会信用代码')),
                ('types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('owner', '建设'), ('contractor', '施工'), ('supervisor', '监理'), ('survey', '勘察'), ('design', '设计'), ('testing', '检测'), ('other', '其他')], max_length=12), size=None, verbose_name='企业类型')),
                ('legal_representative', models.CharField(max_length=100, verbose_name='法定代表人')),
                ('address', models.CharField(max_length=200, verbose_name='注册地址')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='联系电话')),
                ('agent_name', models.CharField(max_length=100, verbose_name='经办人姓名')),
                ('agent_id_number', portal.crypto.EncryptedTextField(null=True, verbose_name='经办人身份证号')),
                ('agent_id_index', models.CharField(editable=False, max_length=64, null=True)),
                ('agent_phone', portal.crypto.EncryptedTextField(null=True, verbose_name='经办人手机号')),
                ('agent_phone_index', models.CharField(editable=False, max_length=64, null=True)),
                ('status', models.CharField(choices=[('active', '正常'), ('suspended', '已暂停'), ('merged', '已合并'), ('deregistered', '已注销')], default='active', max_length=12, verbose_name='状态')),
                ('verification', models.CharField(choices=[('unverified', '未核验'), ('verified', '已核验'), ('mismatch', '核验不一致')], default='unverified', max_length=12)),
                ('suspended_reason', models.CharField(blank=True, max_length=300, verbose_name='暂停原因')),
                ('is_sample', models.BooleanField(default=False)),
                ('registered_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='注册时间')),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portal.district', verbose_name='所属区域')),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_from', to='enterprises.enterprise')),
            ],
            options={
                'verbose_name': '企业',
                'verbose_name_plural': '企业',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search_tokens'], name='enterprise_search')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('status', 'merged'), _negated=True), ('merged_into__isnull', False), _connector='OR'), name='enterprise_names_where_it_went_when_merged')],
            },
        ),
        migrations.CreateModel(
            name='Administrator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='administrator', to=settings.AUTH_USER_MODEL)),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='administrators', to='enterprises.enterprise')),
            ],
        ),
        migrations.CreateModel(
            name='EnterpriseName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('used_until', models.DateTimeField(default=django.utils.timezone.now)),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='names', to='enterprises.enterprise')),
            ],
        ),
        migrations.CreateModel(
            name='JoinRequest',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, verbose_name='姓名')),
                ('phone', portal.crypto.EncryptedTextField(verbose_name='手机号')),
                ('phone_index', models.CharField(max_length=64)),
                ('message', models.CharField(blank=True, max_length=200, verbose_name='留言')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('handled_at', models.DateTimeField(null=True)),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='join_requests', to='enterprises.enterprise')),
                ('handled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('handled_at', None)), fields=('enterprise', 'phone_index'), name='join_request_waits_once_per_phone')],
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('department', models.CharField(blank=True, max_length=100, verbose_name='部门')),
                ('status', models.CharField(choices=[('invited', '待本人确认'), ('active', '在职'), ('disabled', '已停用'), ('left', '已离职'), ('declined', '本人未同意')], default='active', max_length=10, verbose_name='状态')),
                ('created_account', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='创建时间')),
                ('ended_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='enterprises.enterprise')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('position', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enterprises.position', verbose_name='职务')),
            ],
            options={
                'verbose_name': '企业用户',
                'verbose_name_plural': '企业用户',
                'constraints': [models.UniqueConstraint(condition=models.Q(('status__in', ['left', 'declined']), _negated=True), fields=('enterprise', 'user'), name='member_belongs_once_to_an_enterprise', violation_error_message='此人已是本企业用户。')],
            },
        ),
        migrations.CreateModel(
            name='MemberExclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exclusions', to='enterprises.member')),
                ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enterprises.businesssystem')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('member', 'system'), name='member_exclusion_is_kept_once')],
            },
        ),
        migrations.CreateModel(
            name='SystemGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('granted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='授权时间')),
                ('revoked_at', models.DateTimeField(null=True)),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='enterprises.enterprise')),
                ('granted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='enterprises.businesssystem')),
            ],
            options={
                'verbose_name': '系统授权',
                'verbose_name_plural': '系统授权',
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('enterprise', 'system'), name='system_grant_is_in_force_once'), models.CheckConstraint(condition=models.Q(models.Q(('revoked_at', None), ('revoked_by', None)), models.Q(('revoked_at__isnull', False), ('revoked_by__isnull', False)), _connector='OR'), name='system_grant_is_revoked_by_someone_at_some_time')],
            },
        ),
    ]
