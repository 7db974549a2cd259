"""The worker's visit to the post office of zone univ, in a process with the city's own settings: what waits is sent,
and the newest mail to the address that is named is printed as text.
"""

import email
import email.policy
import sys
from pathlib import Path


def main(address: str) -> None:
    import django

    django.setup()
    from django.conf import settings

    from accounts.tasks import send_mails
    from zones.context import get_zone, zone_context

    with zone_context(get_zone("univ")):
        send_mails()
    newest = max(Path(settings.MAIL_FOLDER).glob(f"*-{address}-*.eml"), key=lambda path: path.stat().st_mtime_ns)
    body = email.message_from_bytes(newest.read_bytes(), policy=email.policy.default).get_body(("plain",))
    sys.stdout.write(body.get_content() if body else "")


if __name__ == "__main__":
    main(sys.argv[1])
