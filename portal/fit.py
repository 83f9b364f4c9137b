"""Whether a production server may start: every process that serves people asks once."""

from django.conf import settings
from django.db import DatabaseError, connection

from portal.checks import check_production
from portal.demo import holds_demo_data


def refuse_unfit() -> None:
    """End the start of a production server that is not fit for it, with every fault named; nothing elsewhere."""
    if not settings.PRODUCTION:
        return
    faults = [str(fault.msg) for fault in check_production()]
    if settings.POOLED and lacks_timeouts():
        faults.append(
            "Connections of POOL_URL have no timeouts: set them by connect_query (deploy/pgbouncer/pgbouncer.ini)."
        )
    if not faults and carries_demo():
        faults.append(
            "The database holds demo data, whose passwords are public; production needs a database of its own."
        )
    if faults:
        raise SystemExit("This server does not start:\n" + "\n".join(f"  - {fault}" for fault in faults))


TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def lacks_timeouts() -> bool:
    """Whether a web request could hold a connection or a lock for ever; unknown while nothing answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT bool_or(setting = '0') FROM pg_settings WHERE name = ANY(%s)", [list(TIMEOUTS)])
            return bool(cursor.fetchone()[0])
    except DatabaseError:
        return False
    finally:
        connection.close()


def carries_demo() -> bool:
    """Whether the database was filled for trying out; one that cannot be asked yet is asked at the next start."""
    try:
        return holds_demo_data()
    except DatabaseError:
        return False
    finally:
        connection.close()  # nothing of it may be inherited by the processes that come
