"""What a deployment may change, and what a command in a second terminal finds."""

import fcntl
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from portal.embedded.running import ROOT, publish
from portal.env import LOCAL_KEYS, local_keys

FOR_TESTS = {"TEST_DATABASE"}


def test_every_variable_of_the_settings_is_in_the_example():
    read = set(re.findall(r'\benv(?:_\w+)?\(\s*"([A-Z0-9_]+)"', (ROOT / "portal" / "settings.py").read_text()))
    listed = set(re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read - listed - FOR_TESTS == set()


def test_keys_are_made_once_and_for_their_owner_only(tmp_path):
    keys = local_keys(tmp_path / "keys")
    assert local_keys(tmp_path / "keys") == keys
    assert {name: len(key) for name, key in keys.items()} == LOCAL_KEYS
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()] == [0o600] * len(keys)


def test_processes_that_start_together_agree_on_the_keys(tmp_path):
    program = f"from portal.env import local_keys; from pathlib import Path; print(local_keys(Path({str(tmp_path)!r})))"
    together = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert len({process.communicate()[0] for process in together}) == 1


def test_a_cut_off_key_is_not_taken_for_a_key(tmp_path):
    local_keys(tmp_path)
    (tmp_path / "index_key").write_text("")
    with pytest.raises(SystemExit, match="index_key is damaged"):
        local_keys(tmp_path)


@pytest.fixture
def noted(tmp_path, monkeypatch) -> Path:
    """A data folder with the note of a run."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "lock").touch()
    publish(tmp_path, {"DATABASE_URL": "postgresql://app@/portal", "DATABASE_OWNER_URL": "postgresql://owner@/portal"})
    monkeypatch.setenv("PORTAL_VAR", str(tmp_path))
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return tmp_path


@pytest.mark.parametrize(
    "command, role", [("operator", "app"), ("migrate", "owner"), ("prepare", "owner"), ("shell", "app")]
)
def test_a_command_in_a_second_terminal_finds_the_database_of_the_run(noted, monkeypatch, command, role):
    with (noted / "run" / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert environment_after(command) == f"postgresql://{role}@/portal"


def test_the_note_of_a_run_that_has_ended_counts_nothing(noted):
    assert environment_after("operator") is None


def test_what_the_environment_says_goes_before_the_note(noted, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://mine@/portal")
    with (noted / "run" / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert environment_after("operator") == "postgresql://mine@/portal"


def environment_after(command: str) -> str | None:
    """DATABASE_URL as a command would see it; asked in a process of its own."""
    program = (
        "import json, os, sys; from portal.embedded.running import enter;"
        "enter(sys.argv[1:]); print(json.dumps(os.environ.get('DATABASE_URL')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(told.stdout)
