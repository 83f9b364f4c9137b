"""The desk: papers of decisions, points, phrases, letters, and what a change of leads must know."""

import django.db.models.deletion
import django.utils.timezone
import portal.ids
from django.conf import settings
from django.db import migrations, models

from supervision.frozen_sql import REWORDABLE, WRITTEN


class Migration(migrations.Migration):

    dependencies = [
        ('supervision', '0004_what_stations_find'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='personnelchange',
            name='new_person_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='review',
            name='status',
            field=models.CharField(choices=[('waiting', '待审核'), ('recheck', '待复核'), ('accepted', '审核中'), ('survey_ordered', '现场踏勘'), ('returned', '已退回'), ('approving', '待站长确认通过'), ('approved', '已通过'), ('rejecting', '待站长确认'), ('rejected', '不予通过'), ('kept', '沿用原通过意见'), ('cancelled', '已终止')], default='waiting', max_length=16, verbose_name='状态'),
        ),
        migrations.CreateModel(
            name='CheckPoint',
            fields=[
                ('code', models.CharField(max_length=6, primary_key=True, serialize=False, verbose_name='代码')),
                ('section', models.CharField(choices=[('basics', '基本信息'), ('parties', '责任主体信息'), ('unit_works', '单位工程信息'), ('attachments', '附件')], max_length=20, verbose_name='所属部分')),
                ('role', models.CharField(blank=True, choices=[('safety', '安监'), ('quality', '质监')], help_text='不选则两站都核对。', max_length=10, verbose_name='审核职责')),
                ('module', models.CharField(blank=True, choices=[('joint', '联合报监'), ('early_intervention', '先行介入'), ('advance_service', '提前服务')], help_text='不选则各模块都核对。', max_length=20, verbose_name='模块')),
                ('text', models.CharField(max_length=200, verbose_name='核对内容')),
                ('basis', models.CharField(blank=True, max_length=200, verbose_name='依据')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='排序')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                ('material', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='supervision.material', verbose_name='材料')),
                ('reason', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='supervision.returnreason', verbose_name='对应的退回原因')),
            ],
            options={
                'verbose_name': '审核要点',
                'verbose_name_plural': '审核要点',
                'ordering': ['order', 'code'],
            },
        ),
        migrations.CreateModel(
            name='CheckMark',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('outcome', models.CharField(choices=[('good', '符合'), ('bad', '不符合'), ('none', '不适用')], max_length=6, verbose_name='核对结果')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='备注')),
                ('text', models.CharField(max_length=200)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='supervision.review')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='supervision.filingversion')),
                ('point', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='supervision.checkpoint')),
            ],
            options={
                'verbose_name': '核对记录',
                'verbose_name_plural': '核对记录',
            },
        ),
        migrations.CreateModel(
            name='DecisionNotice',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=32, unique=True)),
                ('facts', models.JSONField()),
                ('issued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='notice', to='supervision.reviewdecision')),
                ('filing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='supervision.filing')),
            ],
            options={
                'verbose_name': '审核文书',
                'verbose_name_plural': '审核文书',
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('from_station', models.BooleanField()),
                ('text', models.CharField(max_length=500, verbose_name='内容')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='supervision.review')),
            ],
            options={
                'verbose_name': '沟通记录',
                'verbose_name_plural': '沟通记录',
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Phrase',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=500, verbose_name='内容')),
                ('basis', models.CharField(blank=True, max_length=200, verbose_name='依据')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='phrases', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '常用语',
                'verbose_name_plural': '常用语',
                'ordering': ['made_at', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='checkpoint',
            constraint=models.CheckConstraint(condition=models.Q(('material', None), ('section', 'attachments'), _connector='OR'), name='check_point_of_a_material_is_in_its_section', violation_error_message='选择了材料的，所属部分应为“附件”。'),
        ),
        migrations.AddConstraint(
            model_name='checkmark',
            constraint=models.UniqueConstraint(fields=('review', 'point', 'version'), name='check_point_is_marked_once_a_version'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(fields=['review', 'at', 'id'], name='letter_thread'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='letter_says_something'),
        ),
        migrations.AddConstraint(
            model_name='phrase',
            constraint=models.UniqueConstraint(fields=('officer', 'text'), name='phrase_is_kept_once'),
        ),
        migrations.AddConstraint(
            model_name='phrase',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='phrase_says_something'),
        ),
        migrations.RunSQL(WRITTEN, REWORDABLE),
    ]
