from django.db import migrations, models

from audit.append_only import FUNCTION

TRIGGER = (
    "CREATE TRIGGER audit_auditorigin_unchanged BEFORE UPDATE ON audit_auditorigin"
    " FOR EACH ROW EXECUTE FUNCTION public.refuse_change()"
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_sealed_log")]

    operations = [
        migrations.CreateModel(
            name="AuditOrigin",
            fields=[
                ("key", models.CharField(editable=False, max_length=44, primary_key=True, serialize=False)),
                ("salt", models.BinaryField()),
                ("user_id", models.UUIDField(db_index=True, null=True, verbose_name="user id")),
                ("label", models.CharField(blank=True, max_length=254, verbose_name="user")),
                ("ip", models.GenericIPAddressField(null=True, verbose_name="IP address")),
                ("user_agent", models.CharField(blank=True, max_length=300, verbose_name="user agent")),
            ],
            options={"verbose_name": "origin", "verbose_name_plural": "origins"},
        ),
        # Deleted when a person is forgotten, never altered.
        migrations.RunSQL([FUNCTION, TRIGGER], "DROP TRIGGER audit_auditorigin_unchanged ON audit_auditorigin"),
    ]
