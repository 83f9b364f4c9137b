"""Materials with dates, templates and examples; files in order and with notes; papers added after approval."""

import django.db.models.deletion
import django.utils.timezone
import portal.ids
from django.conf import settings
from django.db import migrations, models


ACCEPTS = {"M21": "material_text", "M22": "material_text", "M30": "material_personal"}


def tell_what_is_accepted(apps, schema_editor):
    """What the code said of these materials until now, as rows."""
    for code, accepts in ACCEPTS.items():
        apps.get_model("supervision", "Material").objects.filter(pk=code).update(accepts=accepts)


class Migration(migrations.Migration):

    dependencies = [
        ('portal', '0002_audit_is_append_only'),
        ("supervision", "0012_parties_in_full"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Addendum',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300, verbose_name='补充原因')),
                ('number', models.PositiveSmallIntegerField(null=True, verbose_name='次序')),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('handed_in_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': '补充材料',
                'verbose_name_plural': '补充材料',
                'ordering': ['number', 'opened_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='MaterialFile',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('template', '模板'), ('example', '样例')], max_length=10, verbose_name='用途')),
                ('number', models.PositiveSmallIntegerField(verbose_name='版本')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='版本说明')),
                ('valid_from', models.DateField(default=django.utils.timezone.localdate, verbose_name='启用日期')),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='上传时间')),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='停用时间')),
            ],
            options={
                'verbose_name': '材料模板与样例',
                'verbose_name_plural': '材料模板与样例',
                'ordering': ['material__order', 'material_id', 'purpose', '-number'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='materialrule',
            name='material_rule_is_one_per_module',
        ),
        migrations.AddField(
            model_name='attachment',
            name='note',
            field=models.CharField(blank=True, max_length=200, verbose_name='说明'),
        ),
        migrations.AddField(
            model_name='attachment',
            name='order',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='material',
            name='accepts',
            field=models.CharField(blank=True, choices=[('material', '扫描件（pdf、jpg、jpeg、png）'), ('material_text', '扫描件，或 docx、ofd 文件'), ('material_personal', '扫描件，涉及个人信息（加密保存，查看留痕）')], default='material', max_length=20, verbose_name='允许的文件'),
        ),
        migrations.AddField(
            model_name='materialrule',
            name='valid_from',
            field=models.DateField(blank=True, null=True, verbose_name='施行日期'),
        ),
        migrations.AddField(
            model_name='materialrule',
            name='valid_to',
            field=models.DateField(blank=True, null=True, verbose_name='截止日期'),
        ),
        migrations.AlterField(
            model_name='materialrule',
            name='need',
            field=models.CharField(choices=[('required', '必传'), ('from_permit', '许可证自动带入'), ('recommended', '建议上传'), ('optional', '选传')], max_length=12, verbose_name='要求'),
        ),
        migrations.AddConstraint(
            model_name='materialrule',
            constraint=models.UniqueConstraint(fields=('material', 'module', 'valid_from'), name='material_rule_begins_once_per_module', nulls_distinct=False, violation_error_message='同一模块已有从这一天起的要求。'),
        ),
        migrations.AddConstraint(
            model_name='materialrule',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from', None), ('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='material_rule_ends_after_it_begins', violation_error_message='截止日期不能早于施行日期。'),
        ),
        migrations.AddField(
            model_name='addendum',
            name='filing',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='addenda', to='supervision.filing'),
        ),
        migrations.AddField(
            model_name='addendum',
            name='handed_in_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='addendum',
            name='material',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='supervision.material', verbose_name='材料'),
        ),
        migrations.AddField(
            model_name='addendum',
            name='opened_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='addendum',
            name='replaces',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='supervision.attachment', verbose_name='替换的文件'),
        ),
        migrations.AddField(
            model_name='materialfile',
            name='added_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='上传人'),
        ),
        migrations.AddField(
            model_name='materialfile',
            name='document',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portal.document', verbose_name='文件'),
        ),
        migrations.AddField(
            model_name='materialfile',
            name='material',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='supervision.material', verbose_name='材料'),
        ),
        migrations.AddField(
            model_name='materialfile',
            name='withdrawn_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='addendum',
            constraint=models.UniqueConstraint(fields=('filing', 'number'), name='addendum_is_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='addendum',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='addendum_says_why'),
        ),
        migrations.AddConstraint(
            model_name='addendum',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('handed_in_at', None), ('handed_in_by', None), ('number', None)), models.Q(('handed_in_at__isnull', False), ('handed_in_by__isnull', False), ('number__isnull', False)), _connector='OR'), name='addendum_is_handed_in_by_someone_at_some_time'),
        ),
        migrations.AddConstraint(
            model_name='materialfile',
            constraint=models.UniqueConstraint(fields=('material', 'purpose', 'number'), name='material_file_is_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='materialfile',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at', None), ('withdrawn_by', None)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='material_file_is_withdrawn_by_someone_at_some_time'),
        ),
        migrations.RunPython(tell_what_is_accepted, migrations.RunPython.noop),
    ]
