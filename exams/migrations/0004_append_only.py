from django.db import migrations

from audit.append_only import append_only

TABLES = [
    "exams_passage",
    "exams_passagetext",
    "exams_itemgap",
    "exams_itemkey",
    "exams_rubriccriterion",
    "exams_rubrictext",
    "exams_grade",
]


class Migration(migrations.Migration):
    dependencies = [("exams", "0003_measurement")]
    operations = [append_only(table) for table in TABLES]
