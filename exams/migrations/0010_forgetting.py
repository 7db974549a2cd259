from django.db import migrations

from audit.append_only import forgettable


class Migration(migrations.Migration):
    dependencies = [("exams", "0009_simulations")]

    operations = [
        forgettable("exams_response", answer='[{"text": ""}, {"gaps": {}}]'),
        forgettable("exams_grade", comment='[""]', grader_name='[""]'),
    ]
