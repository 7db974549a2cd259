"""Files from outside are shown to a virus scanner before they are kept, where the city has one (CLAMD_URL)."""

import logging
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from audit.models import Action
from audit.services import record
from zones import clamd
from zones.problems import Invalid, Unavailable

RETRY_SECONDS = 60

logger = logging.getLogger(__name__)


def refuse_infected(*, file: Any, name: str, resource: str) -> None:
    """Raise Invalid (`infected_file`) for a file in which the scanner finds something, Unavailable (`scanner_away`)
    where it gives no verdict: what nobody has looked at is not kept. Either leaves a row in the log, about `resource`.

    `file` is a binary file that can be rewound; afterwards it stands at its beginning.
    """
    if not settings.CLAMD_URL:
        return
    file.seek(0)
    try:
        found = clamd.scan(file, url=settings.CLAMD_URL)
    except clamd.NoVerdict as error:
        logger.error("The virus scanner gave no verdict: %s", error)
        _note(resource, code="scanner_away", file=name)
        said = _("Files cannot be taken at the moment: the virus scanner does not answer. Try again in a few minutes.")
        raise Unavailable(said, code="scanner_away", retry_after=RETRY_SECONDS) from error
    finally:
        file.seek(0)
    if found:
        _note(resource, code="infected_file", file=name, found=found)
        said = _("This file is not taken: the virus scanner found %(found)s in it.")
        raise Invalid(said % {"found": found}, code="infected_file")


def _note(resource: str, **details: str) -> None:
    record(Action.PERMISSION_DENIED, resource, details={name: text[:200] for name, text in details.items()})
