from django.db import migrations

from audit.append_only import append_only

TABLES = [
    "exams_itemversion",
    "exams_itemtext",
    "exams_itemoption",
    "exams_itemasset",
    "exams_itempool",
    "exams_response",
]


class Migration(migrations.Migration):
    dependencies = [("exams", "0001_initial")]
    operations = [append_only(table) for table in TABLES]
