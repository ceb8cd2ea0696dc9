import django.contrib.gis.db.models.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import geo.models.kinds
from django.conf import settings
from django.db import migrations, models

from geo.search.sql import search_triggers
from geo.sql import layer_triggers, version_trigger


class Migration(migrations.Migration):

    dependencies = [
        ('geo', '0008_saved_views'),
    ]

    operations = [
        migrations.AlterField(
            model_name='premises',
            name='kind',
            field=geo.models.kinds.KindField(layer='premises', max_length=16, verbose_name='类别'),
        ),
        migrations.CreateModel(
            name='PlaceKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('layer', models.CharField(choices=[('premises', '重点场所'), ('facilities', '公共设施')], max_length=12, verbose_name='图层')),
                ('code', models.CharField(max_length=16, validators=[django.core.validators.RegexValidator('\\A[a-z][a-z0-9_]*\\Z', '代码用小写字母、数字和下划线，以字母开头。')], verbose_name='代码')),
                ('title', models.CharField(max_length=20, verbose_name='名称')),
                ('title_en', models.CharField(max_length=40, verbose_name='英文名称')),
                ('mark', models.CharField(max_length=1, verbose_name='图上一字')),
                ('colour', models.CharField(max_length=7, validators=[django.core.validators.RegexValidator('\\A#[0-9a-fA-F]{6}\\Z', '颜色写成#后六位十六进制数。')], verbose_name='颜色')),
                ('figure', models.CharField(choices=[('circle', '圆形'), ('square', '方形'), ('triangle', '三角形'), ('diamond', '菱形'), ('ring', '圆环')], default='circle', max_length=8, verbose_name='图形')),
                ('group', models.CharField(blank=True, max_length=20, verbose_name='分组')),
                ('order', models.PositiveSmallIntegerField(default=100, verbose_name='次序')),
                ('valid_from', models.DateField(default=django.utils.timezone.localdate, verbose_name='启用日期')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='停用日期')),
                ('source', models.CharField(blank=True, max_length=60, verbose_name='来源')),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='更新时间')),
                ('changed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='操作账号')),
            ],
            options={
                'verbose_name': '场所类别',
                'verbose_name_plural': '场所类别',
                'ordering': ['layer', 'order', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('layer', 'code'), name='kind_code_once', violation_error_message='这个代码已有。'), models.UniqueConstraint(fields=('layer', 'title'), name='kind_title_once', violation_error_message='这个名称已有。'), models.UniqueConstraint(fields=('layer', 'mark', 'figure'), name='kind_told_without_colour', violation_error_message='同一图形、同一字的类别已有：只凭颜色分不清。'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='kind_dates_in_order')],
            },
        ),
        migrations.CreateModel(
            name='PublicFacility',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('source_key', models.CharField(max_length=80, verbose_name='来源编号')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='录入时间')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='更新时间')),
                ('geom', django.contrib.gis.db.models.fields.PointField(spatial_index=False, srid=4326, verbose_name='位置')),
                ('geom_3857', models.GeneratedField(db_persist=True, expression=models.Func(models.F('geom'), 3857, function='ST_Transform'), output_field=django.contrib.gis.db.models.fields.PointField(srid=3857))),
                ('kind', geo.models.kinds.KindField(layer='facilities', max_length=16, verbose_name='类别')),
                ('condition', models.CharField(choices=[('good', '完好'), ('defective', '损坏'), ('missing', '缺失'), ('unknown', '未知')], default='unknown', max_length=10, verbose_name='状况')),
                ('owner_unit', models.CharField(blank=True, max_length=120, verbose_name='权属单位')),
                ('last_checked_on', models.DateField(blank=True, null=True, verbose_name='最近检查日期')),
                ('batch', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='geo.batch', verbose_name='导入批次')),
                ('division', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='geo.division', verbose_name='行政区划')),
            ],
            options={
                'verbose_name': '公共设施',
                'verbose_name_plural': '公共设施',
                'indexes': [models.Index(fields=['division'], name='public_facility_by_division', opclasses=['varchar_pattern_ops']), django.contrib.postgres.indexes.GistIndex(fields=['geom_3857'], name='public_facility_geom_3857')],
                'constraints': [models.UniqueConstraint(fields=('source_key',), name='public_facility_source_key_once'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='public_facility_has_a_name')],
            },
        ),
        migrations.RunSQL(version_trigger("geo_placekind", "kinds"), migrations.RunSQL.noop),
        migrations.RunSQL(layer_triggers("geo_publicfacility", "facilities"), migrations.RunSQL.noop),
        migrations.RunSQL(search_triggers("geo_publicfacility", "facilities"), migrations.RunSQL.noop),
    ]
