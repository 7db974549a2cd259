"""Background work of the log: one message a zone."""

import logging

from celery import shared_task

from audit import partitions, refusals, sealing
from audit.services import record_verification
from audit.verifying import verify
from zones.context import current_zone_id
from zones.owner import NotOwner, as_owner

logger = logging.getLogger("megacity.audit")


@shared_task
def seal() -> int:
    """Seal the zone's log, with the refusals that were only counted; the number of rows that were sealed."""
    refusals.write_counts()
    try:
        return sum(made.rows for made in sealing.seal_log())
    except sealing.LogCut as problem:
        # Said at every run until somebody looks: this does not mend itself.
        logger.critical("%s", problem)
        return 0


@shared_task
def make_partitions() -> None:
    """Make the months ahead; a worker that is not let to says which ones lack, a month before rows need them."""
    try:
        as_owner(partitions.ensure)
    except NotOwner:
        if lacking := partitions.missing():
            logger.critical(
                "audit log of %s: %s lack; run `manage.py audit_partitions --make` as the tables' owner",
                current_zone_id(),
                ", ".join(lacking),
            )
        return
    if found := as_owner(partitions.misplaced):
        logger.error("audit log of %s: %d rows lie in the default partition", current_zone_id(), found)


@shared_task
def verify_log() -> bool:
    """Verify the zone's log and record that it was; True when it is as it was written."""
    report = verify()
    record_verification(report)
    for finding in report.findings:
        logger.critical("audit log of %s: %s", report.zone, finding)
    return report.is_clean
