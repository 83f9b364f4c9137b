"""People, stations and what they may do."""

import accounts.models.users
import django.db.models.deletion
import django.utils.timezone
import portal.crypto
import portal.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("accounts", "0001_initial"),
    ]
    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Station',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='监督机构')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='联系电话')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                ('separate_reviewers', models.BooleanField(default=True, help_text='取消勾选后，同一人可以审核同一报监的安监和质监，系统会在日志中注明。', verbose_name='安监、质监须由不同人员审核')),
                ('is_sample', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': '监督机构',
                'verbose_name_plural': '监督机构',
            },
        ),
        migrations.CreateModel(
            name='StationRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('safety', '安监'), ('quality', '质监')], max_length=10, verbose_name='职责')),
                ('valid_from', models.DateField(default=django.utils.timezone.localdate, verbose_name='生效日期')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='失效日期')),
            ],
            options={
                'verbose_name': '管辖职责',
                'verbose_name_plural': '管辖职责',
            },
        ),
        migrations.CreateModel(
            name='VerificationCode',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('enterprise_registration', '企业注册'), ('project_user_registration', '项目用户注册'), ('first_password', '首次登录修改密码'), ('sign_in', '登录'), ('password_reset', '密码重置'), ('phone_change', '手机号更换')], max_length=30)),
                ('phone_index', models.CharField(max_length=64)),
                ('binding', models.CharField(max_length=64)),
                ('code_hash', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('kind', models.CharField(choices=[('personal', '个人账号'), ('enterprise', '企业管理员账号'), ('staff', '管理端账号')], max_length=10, verbose_name='账号类别')),
                ('username', models.CharField(max_length=40, unique=True, verbose_name='账号')),
                ('name', models.CharField(max_length=100, verbose_name='姓名')),
                ('duty', models.CharField(blank=True, choices=[('', '无'), ('operator', '平台运营'), ('auditor', '审计员')], default='', max_length=10, verbose_name='职责')),
                ('phone', portal.crypto.EncryptedTextField(blank=True, null=True, verbose_name='手机号')),
                ('phone_index', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('phone_tail', models.CharField(blank=True, editable=False, max_length=4)),
                ('phone_verified_at', models.DateTimeField(blank=True, null=True)),
                ('id_type', models.CharField(default='resident', max_length=20, verbose_name='证件类型')),
                ('id_number', portal.crypto.EncryptedTextField(blank=True, null=True, verbose_name='身份证号')),
                ('id_index', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                ('must_change_password', models.BooleanField(default=False)),
                ('initial_until', models.DateTimeField(blank=True, null=True)),
                ('password_changed_at', models.DateTimeField(blank=True, null=True)),
                ('is_sample', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': '账号',
                'verbose_name_plural': '账号',
            },
            managers=[
                ('objects', accounts.models.users.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Agreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('enterprise', '企业注册协议'), ('project_user', '项目用户注册协议'), ('id_photo', '身份证照片处理单独同意书')], max_length=20, verbose_name='类别')),
                ('version', models.CharField(max_length=20, verbose_name='版本')),
                ('title', models.CharField(max_length=100, verbose_name='标题')),
                ('body', models.TextField(verbose_name='正文')),
                ('effective_from', models.DateTimeField(default=django.utils.timezone.now, verbose_name='生效时间')),
            ],
            options={
                'verbose_name': '协议',
                'verbose_name_plural': '协议',
                'constraints': [models.UniqueConstraint(fields=('kind', 'version'), name='agreement_version_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('first_day', models.DateField(verbose_name='开始日期')),
                ('last_day', models.DateField(verbose_name='结束日期')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('delegate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegated_to_me', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '代办',
                'verbose_name_plural': '代办',
                'ordering': ['first_day', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Registration',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('enterprise', '企业注册'), ('project_user', '项目用户注册'), ('member', '新建用户')], max_length=20)),
                ('key_index', models.CharField(max_length=64, null=True, unique=True)),
                ('data', portal.crypto.EncryptedJSONField(default=dict)),
                ('step', models.PositiveSmallIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('completed_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('accepted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('address', models.GenericIPAddressField(null=True)),
                ('text_hash', models.CharField(max_length=64)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to=settings.AUTH_USER_MODEL)),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='accounts.agreement')),
                ('registration', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='acceptances', to='accounts.registration')),
            ],
        ),
        migrations.CreateModel(
            name='StationPost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('safety', '安监'), ('quality', '质监')], max_length=10, verbose_name='职责')),
                ('is_chief', models.BooleanField(default=False, verbose_name='站长')),
                ('since', models.DateField(default=django.utils.timezone.localdate)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='accounts.station')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='station_posts', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '岗位',
                'verbose_name_plural': '岗位',
            },
        ),
    ]
