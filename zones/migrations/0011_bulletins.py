
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('geo', '0013_job_language'),
        ('zones', '0010_inspections'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Bulletin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('month', '月通报'), ('quarter', '季度通报'), ('year', '年度通报')], max_length=8, verbose_name='类别')),
                ('period', models.CharField(max_length=10, verbose_name='期间')),
                ('starts_on', models.DateField(verbose_name='开始')),
                ('ends_on', models.DateField(verbose_name='结束')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('checked', '已核稿'), ('signed', '已签发'), ('published', '已印发'), ('withdrawn', '已作废')], default='draft', max_length=10, verbose_name='状态')),
                ('title', models.CharField(max_length=120, verbose_name='标题')),
                ('issuer', models.CharField(max_length=60, verbose_name='发文机关')),
                ('addressees', models.CharField(max_length=200, verbose_name='主送')),
                ('is_protected', models.BooleanField(default=False, verbose_name='小数保护')),
                ('figures', models.JSONField(verbose_name='数据')),
                ('figures_at', models.DateTimeField(verbose_name='取数时间')),
                ('texts', models.JSONField(verbose_name='正文')),
                ('drafted_at', models.DateTimeField(verbose_name='起草时间')),
                ('edited_at', models.DateTimeField(blank=True, null=True, verbose_name='修改时间')),
                ('checked_at', models.DateTimeField(blank=True, null=True, verbose_name='核稿时间')),
                ('signed_at', models.DateTimeField(blank=True, null=True, verbose_name='签发时间')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='印发时间')),
                ('number', models.CharField(blank=True, max_length=80, verbose_name='文号')),
                ('number_year', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='文号年度')),
                ('number_seq', models.PositiveIntegerField(blank=True, null=True, verbose_name='文号序号')),
                ('correction_reason', models.CharField(blank=True, max_length=300, verbose_name='更正原因')),
                ('is_invented', models.BooleanField(default=False, verbose_name='演示数据')),
                ('checked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='核稿账号')),
                ('corrects', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='zones.bulletin', verbose_name='所更正的通报')),
                ('division', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='geo.division', verbose_name='单位')),
                ('drafted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='起草账号')),
                ('edited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='修改账号')),
                ('published_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='印发账号')),
                ('signed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='签发账号')),
            ],
            options={
                'verbose_name': '通报',
                'verbose_name_plural': '通报',
                'ordering': ['-starts_on', 'division_id', '-pk'],
                'indexes': [models.Index(fields=['division', '-starts_on'], name='bulletin_by_unit_and_day')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('corrects', None), models.Q(('state', 'withdrawn'), _negated=True)), fields=('division', 'period'), name='one_bulletin_a_unit_and_period'), models.UniqueConstraint(condition=models.Q(('state', 'withdrawn'), _negated=True), fields=('corrects',), name='bulletin_corrected_once'), models.UniqueConstraint(fields=('division', 'number_year', 'number_seq'), name='bulletin_number_once'), models.CheckConstraint(condition=models.Q(('starts_on__lt', models.F('ends_on'))), name='bulletin_days_in_order'), models.CheckConstraint(condition=models.Q(models.Q(('correction_reason', ''), ('corrects', None)), models.Q(('corrects__isnull', False), models.Q(('correction_reason', ''), _negated=True)), _connector='OR'), name='bulletin_correction_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('edited_at', None), ('edited_by', None)), models.Q(('edited_at__isnull', False), ('edited_by__isnull', False)), _connector='OR'), name='bulletin_edit_has_moment_and_person'), models.CheckConstraint(condition=models.Q(models.Q(('checked_at__isnull', False), ('checked_by__isnull', False), ('state__in', ('checked', 'signed', 'published'))), models.Q(models.Q(('state__in', ('checked', 'signed', 'published')), _negated=True), ('checked_at', None), ('checked_by', None)), _connector='OR'), name='checked_bulletin_has_moment_and_person'), models.CheckConstraint(condition=models.Q(models.Q(('signed_at__isnull', False), ('signed_by__isnull', False), ('state__in', ('signed', 'published'))), models.Q(models.Q(('state__in', ('signed', 'published')), _negated=True), ('signed_at', None), ('signed_by', None)), _connector='OR'), name='signed_bulletin_has_moment_and_person'), models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', False), ('published_by__isnull', False), ('state__in', ('published',))), models.Q(models.Q(('state__in', ('published',)), _negated=True), ('published_at', None), ('published_by', None)), _connector='OR'), name='published_bulletin_has_moment_and_person'), models.CheckConstraint(condition=models.Q(models.Q(('number_seq__gte', 1), ('number_year__isnull', False), ('state', 'published'), models.Q(('number', ''), _negated=True)), models.Q(models.Q(('state', 'published'), _negated=True), ('number', ''), ('number_seq', None), ('number_year', None)), _connector='OR'), name='published_bulletin_has_its_number'), models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(models.Q(('drafted_by', None), models.Q(('checked_by', models.F('drafted_by')), _negated=True), _connector='OR'), models.Q(('edited_by', None), models.Q(('checked_by', models.F('edited_by')), _negated=True), _connector='OR')), _connector='OR'), name='nobody_checks_the_own_bulletin'), models.CheckConstraint(condition=models.Q(('signed_by', None), models.Q(('signed_by', models.F('checked_by')), _negated=True), _connector='OR'), name='checker_does_not_sign')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bulletin',
            trigger=pgtrigger.compiler.Trigger(name='published_is_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" = \'published\')', func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='460820cc9c96725239d4a1663e7f5588b3d70699', operation='UPDATE OR DELETE', pgid='pgtrigger_published_is_frozen_b086f', table='zones_bulletin', when='BEFORE')),
        ),
    ]
