#!/usr/bin/env python
import os
import sys

from portal.embedded.running import enter
from portal.management.commands import up

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if sys.argv[1:2] == ["up"]:  # starts the database that the settings ask for, so it comes before them
        sys.exit(up.main(sys.argv[2:]))
    enter(sys.argv[1:])

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
