"""The log in monthly partitions, its rows stamped, and the tables of seals and archives."""

import django.contrib.postgres.fields
import django.db.models.functions.comparison
from django.db import migrations, models

import audit.models
from audit.append_only import append_only, truncate_trigger
from audit.partitions import prepare


def into_partitions(apps, schema_editor) -> None:
    prepare()


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_console_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditArchive",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("partition", models.CharField(max_length=63, unique=True, verbose_name="partition")),
                ("rows", models.BigIntegerField(verbose_name="rows")),
                (
                    "ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="ids: first, last, first, last, …"
                    ),
                ),
                ("file", models.CharField(max_length=255, verbose_name="file")),
                ("sha256", models.BinaryField()),
                ("key_id", models.CharField(max_length=16, verbose_name="key")),
                ("signature", models.BinaryField()),
                ("made_at", models.DateTimeField(verbose_name="time")),
            ],
            options={
                "verbose_name": "archive",
                "verbose_name_plural": "archives",
                "ordering": ["partition"],
            },
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="number")),
                ("since", models.BigIntegerField(verbose_name="from transaction")),
                ("until", models.BigIntegerField(verbose_name="up to transaction")),
                ("first_id", models.BigIntegerField(default=0, verbose_name="first id")),
                ("rows", models.IntegerField(verbose_name="rows")),
                ("unstamped", models.IntegerField(default=0, verbose_name="rows without a stamp")),
                (
                    "ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="ids: first, last, first, last, …"
                    ),
                ),
                ("digests", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("hash", models.BinaryField()),
                ("key_id", models.CharField(max_length=16, verbose_name="key")),
                ("signature", models.BinaryField()),
                ("made_at", models.DateTimeField(verbose_name="time")),
            ],
            options={
                "verbose_name": "seal",
                "verbose_name_plural": "seals",
                "ordering": ["number"],
            },
        ),
        append_only("audit_auditseal", truncate=True),
        append_only("audit_auditarchive", truncate=True),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                # First a constant, so that a long table is not rewritten, then the real default.
                migrations.RunSQL(
                    [
                        "ALTER TABLE audit_auditentry ADD COLUMN txid bigint NOT NULL DEFAULT 0, ADD COLUMN stamp bytea",
                        "ALTER TABLE audit_auditentry ALTER COLUMN txid"
                        " SET DEFAULT (pg_current_xact_id()::text::bigint)",
                        "CREATE INDEX audit_transaction ON audit_auditentry (txid)",
                        truncate_trigger("audit_auditentry"),
                    ],
                ),
                # There is no way back: a log with seals is not made a log without them.
                migrations.RunPython(into_partitions),
            ],
            state_operations=[
                migrations.AddField(
                    model_name="auditentry",
                    name="stamp",
                    field=models.BinaryField(null=True),
                ),
                migrations.AddField(
                    model_name="auditentry",
                    name="txid",
                    field=models.BigIntegerField(
                        db_default=django.db.models.functions.comparison.Cast(
                            django.db.models.functions.comparison.Cast(
                                audit.models.TransactionId(), models.TextField()
                            ),
                            models.BigIntegerField(),
                        ),
                        editable=False,
                    ),
                ),
                migrations.AlterField(
                    model_name="auditentry",
                    name="action",
                    field=models.CharField(
                        choices=[
                            ("create", "create"),
                            ("read", "read"),
                            ("update", "update"),
                            ("delete", "delete"),
                            ("login", "log-in"),
                            ("logout", "log-out"),
                            ("permission_denied", "permission denied"),
                            ("export", "export"),
                        ],
                        max_length=20,
                        verbose_name="action",
                    ),
                ),
                migrations.AddIndex(
                    model_name="auditentry",
                    index=models.Index(fields=["txid"], name="audit_transaction"),
                ),
            ],
        ),
    ]
