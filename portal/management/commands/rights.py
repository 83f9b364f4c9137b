"""manage.py rights: what the role of the web and the workers may do. Run as the tables' owner, after each migrate."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from psycopg2 import sql

from portal.partitions import ADD_PART

RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "GRANT EXECUTE ON FUNCTION portal_add_part(text, text, text, text) TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)
APPEND_ONLY = ("portal_auditentry", "portal_auditseal")


class Command(BaseCommand):
    help = "Give the portal's database role its rights: all rows of all tables, but never a change of the audit trail."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ADD_PART)
            if not has_role_of_its_own(cursor):
                self.stderr.write(
                    f"The portal has no database role of its own ({settings.APP_ROLE}) besides the tables' owner. "
                    "With one it could not change the audit trail: see DATABASE_OWNER_URL in docs/operations.md."
                )
                return
            give(cursor, sql.Identifier(settings.APP_ROLE))


def has_role_of_its_own(cursor: Any) -> bool:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND rolname <> current_user", [settings.APP_ROLE])
    return cursor.fetchone() is not None


def give(cursor: Any, role: sql.Identifier) -> None:
    """Grant everything, then take the change of what may only grow back."""
    for statement in RIGHTS:
        cursor.execute(sql.SQL(statement).format(role=role))
    cursor.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
        "AND coalesce((SELECT p.relname FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent "
        "WHERE i.inhrelid = c.oid), c.relname) = ANY(%s)",  # with their parts, which have names of their own
        [[*APPEND_ONLY]],
    )
    for (table,) in cursor.fetchall():
        take_back = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
        cursor.execute(take_back.format(table=sql.Identifier(table), role=role))
