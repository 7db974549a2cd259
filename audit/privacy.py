"""What the columns of this app say of people (see zones.classification)."""

from zones.classification import Erase, Kind, Table

PRIVACY = {
    "audit.AuditEntry": Table(
        purpose="Accountability: who did what, from where (Personal Information Protection Act of Korea, article 29)",
        retention="as many months as the zone says, 24 at least; older months leave for files (AUDIT_ARCHIVES)",
        person=("user_id",),
        erase=Erase.ELSEWHERE,
        fields={
            Kind.NONE: "id at zone_id action resource_type",
            Kind.INTERNAL: "txid stamp",
            Kind.IDENTIFIER: "organization_id user_id resource_id",
            Kind.CONTACT: "user_label ip user_agent",
            Kind.BEHAVIOUR: "details",
        },
    ),
    "audit.AuditOrigin": Table(
        purpose="Who acted and from where, apart from the log",
        retention="until the person is erased, or the last month of the log that names it leaves",
        person=("user_id",),
        erase=Erase.ELSEWHERE,
        fields={Kind.IDENTIFIER: "key user_id", Kind.INTERNAL: "salt", Kind.CONTACT: "label ip user_agent"},
    ),
    "audit.AuditSeal": Table(
        purpose="Proof that no row of the log was changed",
        fields={
            Kind.NONE: "number since until first_id rows unstamped ids digests previous hash key_id signature made_at",
        },
    ),
    "audit.AuditArchive": Table(
        purpose="Which months of the log lie in files",
        fields={Kind.NONE: "id partition rows ids file sha256 key_id signature made_at"},
    ),
}
