"""A version that is still running survives the migrations of the next one: nothing it reads or writes is taken away."""

import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections, models
from django.db.migrations import Migration
from django.db.migrations import operations as ops
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

ROOT = Path(__file__).resolve().parent.parent
APPS = ("portal", "accounts", "enterprises", "projects", "supervision")

# Migrations that break a version which is still running, and why that is all right. A new one needs a reason here:
# usually the change is made in two releases instead (docs/operations.md, "Update").
NOTHING_RAN = "before the first release: no older version is running anywhere"
ALLOWED = {
    "accounts.0002_where_they_belong": NOTHING_RAN,
    "accounts.0101_confirmed_approvals": NOTHING_RAN,
    "portal.0102_uploads": NOTHING_RAN,
    "portal.0103_outbox": NOTHING_RAN,
    "projects.0101_joiners": NOTHING_RAN,
}

BREAKING_SQL = re.compile(
    r"DROP\s+(TABLE|COLUMN)|RENAME\s+(TO|COLUMN)|ALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE|SET\s+NOT\s+NULL", re.I
)


def breaks(plan):
    """Each step that an older running version does not survive: (app.migration, sentence)."""
    known = {}
    for migration in plan:
        name = f"{migration.app_label}.{migration.name}"
        made = {operation.name_lower for operation in migration.operations if isinstance(operation, ops.CreateModel)}
        for operation in flat(migration.operations):
            is_new = getattr(operation, "model_name_lower", "") in made  # the older version does not know the table
            if migration.app_label in APPS and not is_new and (why := harm(operation, migration.app_label, known)):
                yield name, why
            remember(operation, migration.app_label, known)


def flat(operations):
    """What is done to the database; a state without its change to the database harms nobody."""
    for operation in operations:
        if isinstance(operation, ops.SeparateDatabaseAndState):
            yield from flat(operation.database_operations)
        else:
            yield operation


def remember(operation, app, known):
    if isinstance(operation, ops.CreateModel):
        known.update({(app, operation.name_lower, name): field for name, field in operation.fields})
    elif isinstance(operation, ops.AddField | ops.AlterField):
        known[app, operation.model_name_lower, operation.name] = operation.field


def harm(operation, app, known):
    """Why an older version would fail on it; "" if it does not."""
    match operation:
        case ops.RemoveField() | ops.RenameField() | ops.RenameModel() | ops.DeleteModel() | ops.AlterModelTable():
            return operation.describe()
        case ops.AddField() if not may_be_left_out(operation.field):
            return f"{operation.describe()}: NOT NULL without db_default, which an older version does not fill"
        case ops.AlterField():
            before = known.get((app, operation.model_name_lower, operation.name))
            return narrowed(before, operation.field) and f"{operation.describe()}: {narrowed(before, operation.field)}"
        case ops.RunSQL():
            return next((found[0] for text in texts(operation.sql) if (found := BREAKING_SQL.search(text))), "")
    return ""


def may_be_left_out(field):
    return field.null or field.many_to_many or field.db_default is not NOT_PROVIDED


def narrowed(before, after):
    if before is None or type(before) is not type(after):
        return "another type"
    if before.null and not may_be_left_out(after):
        return "NOT NULL without db_default"
    if (after.max_length or 0) < (before.max_length or 0):
        return "shorter"
    if before.db_column != after.db_column:
        return "another column"
    return ""


def texts(statements):
    for part in [statements] if isinstance(statements, str) else statements:
        yield part if isinstance(part, str) else part[0]


def plan():
    loader = MigrationLoader(None)
    order = dict.fromkeys(node for leaf in loader.graph.leaf_nodes() for node in loader.graph.forwards_plan(leaf))
    return [loader.graph.nodes[node] for node in order]


def test_no_migration_takes_away_what_an_older_running_version_uses():
    unlisted = [f"{name}: {why}" for name, why in breaks(plan()) if name not in ALLOWED]
    assert unlisted == [], "make the change in two releases, or list it with its reason"
    assert set(ALLOWED) <= {name for name, _why in breaks(plan())}, "listed without need"


SAFE = [
    ops.AddField("user", "nickname", models.CharField(max_length=9, null=True)),
    ops.AddField("user", "nickname", models.CharField(max_length=9, db_default="")),
    ops.AlterField("user", "name", models.CharField(max_length=90)),
    ops.SeparateDatabaseAndState(state_operations=[ops.RemoveField("user", "name")]),
    ops.RunSQL("CREATE INDEX one ON accounts_user (name)"),
]
BREAKING = [
    ops.AddField("user", "nickname", models.CharField(max_length=9, default="")),
    ops.AlterField("user", "name", models.CharField(max_length=5)),
    ops.AlterField("user", "name", models.TextField()),
    ops.AlterField("user", "note", models.CharField(max_length=9)),
    ops.RemoveField("user", "name"),
    ops.RenameField("user", "name", "called"),
    ops.DeleteModel("user"),
    ops.RunSQL("ALTER TABLE accounts_user ALTER COLUMN name TYPE text"),
    ops.RunSQL(["SELECT 1", ("ALTER TABLE accounts_user DROP COLUMN name", [])]),
]


@pytest.mark.parametrize("operation", [*SAFE, *BREAKING], ids=lambda operation: type(operation).__name__)
def test_steps_that_take_away_narrow_or_demand_are_found_and_others_are_not(operation):
    fields = [("name", models.CharField(max_length=9)), ("note", models.CharField(max_length=9, null=True))]
    before, after = Migration("0001_made", "accounts"), Migration("0002_changed", "accounts")
    before.operations, after.operations = [ops.CreateModel("User", fields)], [operation]
    assert bool(list(breaks([before, after]))) == (operation in BREAKING)


# The release before, on the tables of this one

ASKS = '''
"""Each page and each act of this version once, by somebody who may."""

from tests.authorisation.test_authorisation import AWAY, OURS, ROLES, ROWS, eyes  # noqa: F401


def test_the_database_is_asked_for(db):
    """Without a test that names it, none would be opened."""


def test_every_page_and_act_of_this_version_answers_as_it_did(eyes):
    places, wrong, asked = {address.name: address for address in OURS}, [], 0
    for (name, method, whose), cells in ROWS.items():
        role, expected = next(((r, c) for r, c in zip(ROLES, cells) if c not in AWAY), (None, None))
        if role and whose != "foreign" and name != "readyz":  # which tells of this machine
            asked += 1
            if (seen := eyes.see(places[name], role, method, whose)) != expected:
                wrong.append(f"{name} {method} {whose}: {role} got {seen} instead of {expected}")
    assert wrong == [] and asked > 100
'''


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True)


def release_before():
    """The newest tag whose migrations are others than ours, else the code before the newest migration."""
    tags = git("tag", "--merged", "HEAD", "--sort=-creatordate").stdout.decode().split()
    for tag in tags:
        if git("diff", "--quiet", tag, "HEAD", "--", "*/migrations/*.py").returncode:
            return tag
    newest = git("log", "-1", "--format=%H", "--diff-filter=A", "--", "*/migrations/*.py").stdout.decode().strip()
    found = git("rev-parse", "--verify", "--quiet", f"{newest}^") if newest else None
    return found.stdout.decode().strip() if found and found.returncode == 0 else ""


def test_the_release_before_serves_its_pages_and_acts_on_the_tables_of_this_one(tmp_path, django_db_setup):
    before = release_before()
    if not before or git("cat-file", "-e", f"{before}:tests/authorisation/test_authorisation.py").returncode:
        pytest.skip("no history of an earlier version lies here")
    tree = git("archive", before)
    with tarfile.open(fileobj=io.BytesIO(tree.stdout)) as tar:
        tar.extractall(tmp_path)  # our own history
    (tmp_path / "tests" / "authorisation" / "test_before.py").write_text(ASKS)
    connections.close_all()  # at its end the other run ends every connection to the database that they share
    env = {**os.environ, "TEST_DATABASE": connection.settings_dict["NAME"], "PORTAL_VAR": str(settings.PORTAL_VAR)}
    for name in [name for name in env if name.startswith("PYTEST_")]:
        del env[name]
    run = [
        sys.executable,
        "-m",
        "pytest",
        "--reuse-db",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:logging",
        "tests/authorisation/test_before.py",
    ]
    answer = subprocess.run(run, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout[-4000:]
