"""The kernel: audit, documents, messages, dictionaries, calendar, lists."""

import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import portal.audit.models
import portal.crypto
import portal.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("portal", "0001_initial"),
        ("portal", "0003_audit_check"),
        ("portal", "0015_calendar_years_and_what_was_told"),
        ("portal", "0017_lists_and_exports"),
    ]
    dependencies = [
        ('accounts', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='District',
            fields=[
                ('code', models.CharField(max_length=6, primary_key=True, serialize=False, verbose_name='行政区划代码')),
                ('name', models.CharField(max_length=30, verbose_name='名称')),
                ('lng_min', models.FloatField(verbose_name='最小经度')),
                ('lng_max', models.FloatField(verbose_name='最大经度')),
                ('lat_min', models.FloatField(verbose_name='最小纬度')),
                ('lat_max', models.FloatField(verbose_name='最大纬度')),
            ],
            options={
                'verbose_name': '所属区域',
                'verbose_name_plural': '所属区域',
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=120, verbose_name='标题')),
                ('body', models.TextField(verbose_name='正文')),
                ('published_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='发布时间')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='撤下时间')),
                ('is_sample', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': '通知公告',
                'verbose_name_plural': '通知公告',
            },
        ),
        migrations.CreateModel(
            name='Notified',
            fields=[
                ('key', models.CharField(max_length=160, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='NumberSeries',
            fields=[
                ('series', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='TrayEntry',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=160, unique=True)),
                ('channel', models.CharField(choices=[('sms', '短信'), ('email', '邮件')], max_length=10)),
                ('address', portal.crypto.EncryptedTextField()),
                ('text', portal.crypto.EncryptedTextField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='WorkDay',
            fields=[
                ('date', models.DateField(primary_key=True, serialize=False, verbose_name='日期')),
                ('is_workday', models.BooleanField(verbose_name='是否工作日')),
                ('note', models.CharField(blank=True, max_length=60, verbose_name='说明')),
            ],
            options={
                'verbose_name': '工作日历',
                'verbose_name_plural': '工作日历',
                'ordering': ['date'],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='时间')),
                ('actor_label', models.CharField(max_length=100, verbose_name='操作人')),
                ('event', models.CharField(max_length=60, verbose_name='事件')),
                ('subject_type', models.CharField(max_length=60)),
                ('subject_id', models.CharField(max_length=60)),
                ('subject_label', models.CharField(max_length=200, verbose_name='对象')),
                ('enterprise_id', models.UUIDField(null=True)),
                ('address', models.GenericIPAddressField(null=True, verbose_name='地址')),
                ('request_id', models.CharField(blank=True, max_length=32, verbose_name='请求编号')),
                ('details', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='详情')),
                ('txid', models.BigIntegerField(db_default=portal.audit.models.TransactionId(), editable=False)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '审计记录',
                'verbose_name_plural': '审计记录',
                'indexes': [models.Index(fields=['subject_type', 'subject_id', 'id'], name='audit_of_subject'), models.Index(fields=['enterprise_id', '-at'], name='audit_of_enterprise'), models.Index(fields=['actor', '-at'], name='audit_of_actor'), models.Index(fields=['-at'], name='audit_by_time'), models.Index(fields=['txid', 'id'], name='audit_by_transaction')],
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('previous', models.CharField(max_length=64, unique=True)),
                ('hash', models.CharField(max_length=64)),
                ('horizon', models.BigIntegerField()),
                ('sealed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='seal', to='portal.auditentry')),
            ],
        ),
        migrations.CreateModel(
            name='CalendarYear',
            fields=[
                ('year', models.PositiveSmallIntegerField(primary_key=True, serialize=False, verbose_name='年份')),
                ('source', models.CharField(blank=True, max_length=120, verbose_name='依据')),
                ('text', models.TextField(verbose_name='通知内容')),
                ('taken_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('taken_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '年度放假安排',
                'verbose_name_plural': '年度放假安排',
                'ordering': ['year'],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40, verbose_name='类别')),
                ('holder_type', models.CharField(max_length=60)),
                ('holder_id', models.UUIDField()),
                ('name', models.CharField(max_length=200, verbose_name='文件名')),
                ('size', models.BigIntegerField(verbose_name='大小')),
                ('sha256', models.CharField(max_length=64)),
                ('media_type', models.CharField(max_length=100)),
                ('state', models.CharField(choices=[('checking', '检查中'), ('ready', '可用'), ('refused', '未通过'), ('removed', '已删除')], default='checking', max_length=10, verbose_name='状态')),
                ('problem', models.CharField(blank=True, max_length=300, verbose_name='原因')),
                ('scan', models.CharField(choices=[('unscanned', '未扫描'), ('clean', '已扫描'), ('infected', '有风险')], default='unscanned', max_length=10, verbose_name='病毒扫描')),
                ('key', models.CharField(blank=True, max_length=100)),
                ('sealed', models.BooleanField(default=False)),
                ('thumbnail', models.BooleanField(default=False)),
                ('previews', models.PositiveSmallIntegerField(default=0)),
                ('pages', models.PositiveIntegerField(null=True, verbose_name='页数')),
                ('width', models.PositiveIntegerField(null=True)),
                ('height', models.PositiveIntegerField(null=True)),
                ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='上传时间')),
                ('checked_at', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('replaces', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='portal.document')),
                ('uploaded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '文件',
                'verbose_name_plural': '文件',
                'indexes': [models.Index(fields=['holder_type', 'holder_id', 'kind'], name='document_of_a_holder'), models.Index(condition=models.Q(('state', 'checking')), fields=['uploaded_at'], name='document_to_check')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('key',), name='document_has_its_own_bytes'), models.CheckConstraint(condition=models.Q(('size__gt', 0)), name='document_is_not_empty'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('problem', ''), _negated=True), _connector='OR'), name='document_refused_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'ready'), _negated=True), models.Q(('checked_at__isnull', False), ('problem', '')), _connector='OR'), name='document_ready_was_checked'), models.CheckConstraint(condition=models.Q(models.Q(('removed_at__isnull', False), ('state', 'removed')), models.Q(models.Q(('state', 'removed'), _negated=True), ('removed_at__isnull', True)), _connector='OR'), name='document_removed_at_some_time')],
            },
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('query', models.CharField(blank=True, max_length=1000)),
                ('words', models.CharField(blank=True, max_length=500, verbose_name='条件')),
                ('status', models.CharField(choices=[('waiting', '排队中'), ('running', '生成中'), ('ready', '可下载'), ('failed', '未完成'), ('expired', '已过期')], default='waiting', max_length=10, verbose_name='状态')),
                ('problem', models.CharField(blank=True, max_length=300, verbose_name='原因')),
                ('rows', models.PositiveIntegerField(null=True, verbose_name='条数')),
                ('size', models.PositiveBigIntegerField(null=True, verbose_name='大小')),
                ('key', models.CharField(blank=True, max_length=100)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='申请时间')),
                ('made_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True, verbose_name='有效期至')),
                ('lease_until', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '导出',
                'verbose_name_plural': '导出',
                'indexes': [models.Index(condition=models.Q(('status__in', ['waiting', 'running'])), fields=['asked_at'], name='export_to_make'), models.Index(fields=['user', '-asked_at'], name='export_of_a_person')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('status', 'ready'), _negated=True), models.Q(models.Q(('key', ''), _negated=True), ('expires_at__isnull', False), ('rows__isnull', False)), _connector='OR'), name='export_ready_has_its_file_for_a_while'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('problem', ''), _negated=True), _connector='OR'), name='export_failed_says_why')],
            },
        ),
        migrations.CreateModel(
            name='JurisdictionArea',
            fields=[
                ('code', models.CharField(max_length=10, primary_key=True, serialize=False, verbose_name='代码')),
                ('name', models.CharField(max_length=40, verbose_name='名称')),
                ('suggested_for', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None, verbose_name='推荐条件')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='排序')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                ('district', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='areas', to='portal.district', verbose_name='所属区域')),
            ],
            options={
                'verbose_name': '管辖区域',
                'verbose_name_plural': '管辖区域',
                'ordering': ['position', 'code'],
            },
        ),
        migrations.CreateModel(
            name='LimitWindow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('seconds', models.PositiveIntegerField()),
                ('moments', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), size=None)),
                ('allowed', models.BooleanField()),
                ('expires_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key', 'seconds'), name='limit_window_is_kept_once')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('event', models.CharField(max_length=60, verbose_name='事件')),
                ('subject', models.CharField(max_length=200, verbose_name='标题')),
                ('body', portal.crypto.EncryptedTextField(blank=True, verbose_name='内容')),
                ('link', models.CharField(blank=True, max_length=500)),
                ('about_type', models.CharField(blank=True, max_length=60)),
                ('about_id', models.CharField(blank=True, max_length=60)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                ('read_at', models.DateTimeField(null=True)),
                ('handled_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='inbox', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '消息',
                'verbose_name_plural': '消息',
                'indexes': [models.Index(fields=['user', '-created_at'], name='message_inbox'), models.Index(condition=models.Q(('handled_at', None), ('read_at', None)), fields=['user'], name='message_unread'), models.Index(fields=['about_type', 'about_id'], name='message_about')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('event', models.CharField(max_length=60)),
                ('channel', models.CharField(choices=[('sms', '短信'), ('email', '邮件')], max_length=10)),
                ('address', portal.crypto.EncryptedTextField()),
                ('text', portal.crypto.EncryptedTextField(blank=True)),
                ('state', models.CharField(choices=[('queued', '待发送'), ('sending', '发送中'), ('sent', '已发送'), ('failed', '发送失败，将重试'), ('dead', '发送失败'), ('unknown', '发送结果未知')], default='queued', max_length=10)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('key', models.CharField(max_length=160, unique=True)),
                ('error', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sent_at', models.DateTimeField(null=True)),
                ('wipe', models.BooleanField(default=False)),
                ('expires_at', models.DateTimeField(null=True)),
                ('message', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='portal.message')),
            ],
            options={
                'verbose_name': '发送记录',
                'verbose_name_plural': '发送记录',
                'indexes': [models.Index(condition=models.Q(('state__in', ['queued', 'failed', 'sending'])), fields=['due_at'], name='delivery_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'sending', 'sent', 'failed', 'dead', 'unknown'])), name='delivery_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sending'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='delivery_under_way_has_a_lease'), models.CheckConstraint(condition=models.Q(('wipe', False), ('expires_at__isnull', False), _connector='OR'), name='delivery_of_a_code_expires')],
            },
        ),
        migrations.CreateModel(
            name='OnceToken',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64)),
                ('url', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('name', models.CharField(blank=True, max_length=30, verbose_name='视图名称')),
                ('query', models.CharField(blank=True, max_length=1000)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('is_default', models.BooleanField(default=False, verbose_name='默认视图')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '我的视图',
                'verbose_name_plural': '我的视图',
                'constraints': [models.UniqueConstraint(fields=('user', 'kind', 'name'), name='saved_view_has_its_own_name'), models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('user', 'kind'), name='saved_view_is_default_alone'), models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('is_default', False), ('query', '')), _connector='OR'), name='saved_view_without_a_name_only_holds_columns')],
            },
        ),
        migrations.CreateModel(
            name='AuditCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('begun_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('seals', models.BigIntegerField(default=0)),
                ('unsealed', models.BigIntegerField(default=0)),
                ('last_hash', models.CharField(blank=True, max_length=64)),
                ('fault', models.CharField(blank=True, max_length=200)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
                'constraints': [models.UniqueConstraint(models.Value(1), condition=models.Q(('ended_at', None)), name='audit_check_is_one_at_a_time')],
            },
        ),
    ]
