"""docs/walks.md names a browser test for each flow: each of them exists."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
NAMED = re.findall(r"`(e2e/\w+\.py)::(test_\w+)`", (TESTS.parent / "docs" / "walks.md").read_text())


def test_every_walk_that_the_table_names_exists():
    gone = [f"{file}::{name}" for file, name in NAMED if f"\ndef {name}(" not in (TESTS / file).read_text()]
    assert NAMED and not gone


def test_every_line_of_the_table_names_a_walk():
    lines = [line for line in (TESTS.parent / "docs" / "walks.md").read_text().splitlines() if line.startswith("| ")]
    assert sum("| Flow |" not in line for line in lines) == len(NAMED)
