from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("patrol", "0003_kinds_of_other_modules")]

    operations = [
        migrations.AlterField(model_name="target", name="measure", field=models.CharField(max_length=14, verbose_name="指标")),
    ]
