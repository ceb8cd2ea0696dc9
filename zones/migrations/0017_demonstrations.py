import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('zones', '0016_public_supervision'),
    ]

    operations = [
        migrations.CreateModel(
            name='Demonstration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('designated_on', models.DateField(verbose_name='确定日期')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='结束日期')),
                ('budget', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True, verbose_name='投入（万元）')),
                ('is_invented', models.BooleanField(default=False, verbose_name='演示数据')),
                ('zone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='demonstrations', to='zones.rectificationzone', verbose_name='整治区域')),
            ],
            options={
                'verbose_name': '综合整治示范区',
                'verbose_name_plural': '综合整治示范区',
                'ordering': ['-year', 'zone_id'],
                'constraints': [models.UniqueConstraint(fields=('zone', 'year'), name='demonstration_once_a_year'), models.CheckConstraint(condition=models.Q(('year__range', (2000, 2100))), name='demonstration_in_a_year'), models.CheckConstraint(condition=models.Q(('ended_on', None), ('ended_on__gte', models.F('designated_on')), _connector='OR'), name='demonstration_days_in_order'), models.CheckConstraint(condition=models.Q(('budget', None), ('budget__gte', 0), _connector='OR'), name='demonstration_budget_not_negative')],
            },
        ),
    ]
