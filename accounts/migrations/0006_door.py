import django.utils.timezone
from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Now


def people_so_far_are_known(apps, schema_editor):
    """Whoever has an account already counts as having confirmed the address, on the day of the account."""
    User = apps.get_model("accounts", "User")
    User.objects.update(email_verified_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_token_families")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_verified_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="e-mail confirmed"),
        ),
        # On the day of the migration: a renewal that a zone asks for starts to count today.
        migrations.AddField(
            model_name="user",
            name="password_changed_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, db_default=Now(), verbose_name="password changed"
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="password_temporary",
            field=models.BooleanField(default=False, db_default=False, verbose_name="password to be replaced"),
        ),
        migrations.RunPython(people_so_far_are_known, migrations.RunPython.noop, elidable=False),
    ]
