#!/usr/bin/env python
"""Operators' entry point: `python manage.py help`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "megacity.settings")
    # Operators migrate and make zones: as the tables' owner, where DATABASE_OWNER_URL says how.
    os.environ.setdefault("MEGACITY_LOGIN", "owner")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
