from zones.management.commands.migrate import Command  # noqa: F401  (the library's name for the same thing)
