"""The log is written by everybody, also about those who are not known, and read by those who answer for the zone."""

from zones.policies import ANYBODY, READ, Policy

_APPENDED = (*READ, "INSERT")

# A month of the log is a table of its own, on which nobody is granted anything: it is reached through its parent.
POLICIES = {
    # RETURNING would need the right to read.
    "audit.AuditEntry": Policy(insert=ANYBODY, wide=_APPENDED, confined=("INSERT",)),
    # Only forgetting a person deletes one.
    "audit.AuditOrigin": Policy(insert=ANYBODY, wide=(*_APPENDED, "DELETE"), confined=("INSERT",)),
    "audit.AuditSeal": Policy(wide=_APPENDED, confined=()),
    "audit.AuditArchive": Policy(wide=_APPENDED, confined=()),
}
