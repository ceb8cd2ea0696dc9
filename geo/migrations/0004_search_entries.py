import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

from geo.search.sql import MARKING, search_triggers


class Migration(migrations.Migration):

    dependencies = [
        ('geo', '0003_decisions'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('layer', models.CharField(max_length=40, verbose_name='图层')),
                ('low', models.BigIntegerField(verbose_name='起始编号')),
                ('high', models.BigIntegerField(verbose_name='结束编号')),
            ],
            options={
                'verbose_name': '待检索对象',
                'verbose_name_plural': '待检索对象',
            },
        ),
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('pk', models.CompositePrimaryKey('layer', 'object_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('layer', models.CharField(db_collation='C', max_length=40, verbose_name='图层')),
                ('object_id', models.BigIntegerField(verbose_name='对象编号')),
                ('length', models.SmallIntegerField(verbose_name='字数')),
                ('folded', models.CharField(db_collation='C', max_length=240, verbose_name='检索名称')),
                ('pinyin_length', models.SmallIntegerField(verbose_name='拼音字母数')),
                ('pinyin', models.CharField(db_collation='C', max_length=800, verbose_name='拼音')),
                ('initials', models.CharField(db_collation='C', max_length=240, verbose_name='拼音首字母')),
                ('key', models.CharField(db_collation='C', max_length=160, verbose_name='检索编号')),
                ('grams', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None, verbose_name='字对')),
                ('division', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='geo.division', verbose_name='行政区划')),
            ],
            options={
                'verbose_name': '检索条目',
                'verbose_name_plural': '检索条目',
                'indexes': [models.Index(fields=['length', 'folded'], include=('division', 'layer', 'object_id'), name='entry_by_name'), models.Index(models.F('length'), django.db.models.functions.text.Reverse('folded'), name='entry_by_end'), models.Index(fields=['length', 'initials'], include=('division', 'layer', 'object_id'), name='entry_by_initials'), models.Index(fields=['pinyin_length', 'pinyin'], include=('division', 'layer', 'object_id'), name='entry_by_pinyin'), models.Index(models.F('pinyin_length'), django.db.models.functions.text.Reverse('pinyin'), name='entry_by_pinyin_end'), models.Index(fields=['key'], include=('division', 'layer', 'object_id'), name='entry_by_key'), django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['grams'], name='entry_by_grams')],
            },
        ),
        migrations.RunSQL(MARKING, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(search_triggers(f"geo_{table}", layer), migrations.RunSQL.noop)
            for table, layer in (
                ("compound", "compounds"),
                ("courtyard", "courtyards"),
                ("station", "stations"),
                ("surveillancepoint", "surveillance"),
                ("premises", "premises"),
            )
        ),
    ]
