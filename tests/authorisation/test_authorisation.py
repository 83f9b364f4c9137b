"""The authorisation table, asked cell by cell. AUTHORISATION=every asks also the many that expect to be turned away."""

import os

import pytest
from django.db import transaction

from tests.authorisation.look import Eyes, bare_pages, rows_of
from tests.authorisation.roles import ROLES
from tests.authorisation.table import PAGE, as_page, table
from tests.authorisation.walk import all_addresses
from tests.authorisation.world import build

# Looking that is itself an act, or that must be counted. A further one needs its reason here.
WRITES_ON_GET = {
    "accounts:code-question": "the question asked is kept in the session",
    "enterprises:find": "look-ups of a visitor are counted",
    "filing:copy-pdf": "a copy with personal data is an entry of the audit trail",
    "filing:documents-zip": "a copy with personal data is an entry of the audit trail",
    "filing:print": "a copy with personal data is an entry of the audit trail",
}
AWAY = {"404", "405", "登录"}  # that visitors are sent to sign in is tests/test_urls.py as well
ROWS = table()
OURS = all_addresses()


@pytest.fixture(scope="module")
def eyes(django_db_setup, django_db_blocker):
    """The world is built once, and gone when the module ends."""
    with django_db_blocker.unblock(), transaction.atomic(), bare_pages():
        yield Eyes(build())
        transaction.set_rollback(True)


def asked(row: int, name: str, cells: list[str]) -> list[str]:
    """Everybody who gets anywhere, and two of those who are turned away, others in each row."""
    away = AWAY | {"302"} if name.startswith("admin:") else AWAY
    roles = list(ROLES)
    if os.environ.get("AUTHORISATION") == "every":
        return roles
    turned_away = [role for role, cell in zip(roles, cells, strict=True) if cell in away]
    few = {turned_away[(row + step) % len(turned_away)] for step in (0, 3)} if turned_away else set()
    return [role for role, cell in zip(roles, cells, strict=True) if role in few or cell not in away]


def test_every_address_has_its_rows_and_no_row_is_left_over():
    wanted = {(address.name, *row) for address in OURS for row in rows_of(address)}
    assert sorted(wanted - set(ROWS)) == [], "say in tests/authorisation/table.txt who may open it"
    assert sorted(set(ROWS) - wanted) == []
    assert {len(cells) for cells in ROWS.values()} == {len(ROLES)}


def test_what_each_role_gets_at_each_address_is_what_the_table_says(eyes):
    places = {address.name: address for address in OURS}
    wrong = []
    for row, ((name, method, whose), cells) in enumerate(ROWS.items()):
        expected = dict(zip(ROLES, cells, strict=True))
        for role in asked(row, name, cells):
            if (seen := eyes.see(places[name], role, method, whose)) != expected[role]:
                wrong.append(f"{name} {method} {whose}: {role} got {seen}, the table says {expected[role]}")
    assert wrong == []


def test_looking_writes_nothing(eyes):
    """Each page that opens is asked once more where PostgreSQL refuses every write (features M7)."""
    places = {address.name: address for address in OURS}
    wrote = []
    for (name, method, whose), cells in ROWS.items():
        opens = [role for role, cell in zip(ROLES, cells, strict=True) if cell == "200"]
        if method == "GET" and whose != "foreign" and name not in WRITES_ON_GET:
            for role in opens[:1] + opens[-1:]:
                if (seen := eyes.see(places[name], role, method, whose, read_only=True)) != "200":
                    wrote.append(f"{name} as {role}: {seen}")
    assert wrote == []


def test_the_dictionaries_open_to_operators_alone():
    """The table itself; the admin's own sign-in, sign-out and password pages send everybody to the portal's."""
    for (name, _method, _whose), cells in ROWS.items():
        if name.startswith("admin:"):
            assert {*cells[:-2], cells[-1]} <= {"302", "403", "404", "405", "登录"}, name


def test_nothing_that_belongs_to_somebody_else_opens_except_to_the_operators_console():
    """The table itself: written wrongly it would hide what it is to show."""
    opened = {
        (name, role)
        for (name, _method, whose), cells in ROWS.items()
        if whose == "foreign"
        for role, cell in zip(ROLES, cells, strict=True)
        if cell not in {"404", "405", "登录", "403"}
    }
    console = {
        "console:filing-void",
        "console:merge",
        "enterprises:agent-history",
        "enterprises:restore",
        "enterprises:suspend",
        "enterprises:verify",
    }
    console |= {"projects:handover-new"}
    console |= {f"accounts:data-request-{move}" for move in ("page", "reveal", "grant", "decline")}
    assert opened == {(name, "operator") for name in console}


def test_auditors_change_nothing_and_see_no_business():
    """Separation of duties (product §1)."""
    for (name, method, _whose), cells in ROWS.items():
        if name.startswith(("review:", "filing:", "projects:feed", "console", "enterprises:member")):
            assert cells[-1] not in {"200", "204", "409", "422"}, (name, method)


def test_no_answer_is_a_fault():
    assert not [row for row, cells in ROWS.items() if "500" in cells]


def test_the_page_in_the_documentation_is_the_table():
    assert PAGE.read_text() == as_page(), "run python -m tests.authorisation.table"
