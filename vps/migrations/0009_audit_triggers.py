"""Audit lines are only ever added: the database refuses to change or delete one, whoever asks.

Who owns the table can take the triggers away, by a command that says so and that nothing of the panel has: `ALTER TABLE
vps_auditevent DISABLE TRIGGER USER` on PostgreSQL, `DROP TRIGGER` on SQLite. Tests do (tests/audit_reset.py).
SQLite forgets triggers when a later migration makes the table anew: that migration runs `guard` again.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SAID = "audit lines are only ever added"
GUARD = {
    "postgresql": [
        f"""CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '{SAID}'; END $$""",
        """CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON vps_auditevent
           FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()""",
    ],
    "sqlite": [
        f"""CREATE TRIGGER audit_not_{what} BEFORE {deed} ON vps_auditevent {when}
            BEGIN SELECT RAISE(ABORT, '{SAID}'); END"""
        for what, deed, when in (
            ("changed", "UPDATE", ""),
            ("deleted", "DELETE", ""),
            ("replaced", "INSERT", "WHEN EXISTS (SELECT 1 FROM vps_auditevent WHERE id = NEW.id)"),
        )
    ],
}
UNGUARD = {
    "postgresql": [
        "DROP TRIGGER audit_only_grows ON vps_auditevent",
        "DROP FUNCTION audit_only_grows()",
    ],
    "sqlite": [f"DROP TRIGGER audit_not_{what}" for what in ("changed", "deleted", "replaced")],
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in GUARD[editor.connection.vendor]:
        editor.execute(statement)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in UNGUARD[editor.connection.vendor]:
        editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('vps', '0008_teams'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(models.F('code'), models.OrderBy(models.F('at'), descending=True), name='audit_by_code'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(models.OrderBy(models.F('at'), descending=True), condition=models.Q(('code__startswith', 'person.'), ('code__startswith', 'signin.'), _connector='OR'), name='audit_of_installation'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(models.F('outcome'), models.OrderBy(models.F('at'), descending=True), condition=models.Q(('outcome__in', ['failed', 'gone', 'last_seen', 'unknown'])), name='audit_of_troubles'),
        ),
        migrations.RunPython(guard, unguard),
    ]
