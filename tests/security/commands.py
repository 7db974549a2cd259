"""What every command of the WebSocket answers to whom: written by hand, not read from the consumer."""

from tests.api.table import ANONYMOUS, CLIENT, SIGNED_IN

# The permission of each command, by its name; "" is for everybody.
COMMANDS = {"authenticate": "", "time": SIGNED_IN}


def expected(name: str, role: str) -> str:
    """ "answered", or the code that the connection is closed with."""
    return "closed 4401" if role in (ANONYMOUS, CLIENT) else "answered"
