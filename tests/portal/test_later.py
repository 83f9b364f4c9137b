"""A module that is read when something of it is first asked for."""

import subprocess
import sys

from portal.embedded.running import ROOT
from portal.later import Later

PROGRAM = """
import sys
from threading import Thread
from portal.later import Later
wave = Later("wave")
assert "wave" not in sys.modules
seen = []
threads = [Thread(target=lambda: seen.append(wave.Error)) for _ in range(20)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len(seen) == 20 and set(seen) == {sys.modules["wave"].Error}
"""


def test_it_is_not_read_before_and_once_for_all_threads():
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_part_of_a_package_that_nobody_imported_is_found():
    assert Later("xml").sax.saxutils.escape("<") == "&lt;"


def test_what_is_set_is_set_in_the_module():
    json = Later("json")
    json.our_mark = 7
    assert sys.modules["json"].our_mark == 7
    del sys.modules["json"].our_mark
