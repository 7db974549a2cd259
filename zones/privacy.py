"""What the columns of this app say of people (see zones.classification)."""

from zones.classification import Kind, Table

PRIVACY = {
    "zones.Zone": Table(
        purpose="The register of zones",
        fields={Kind.NONE: "id schema_name brand status created_at"},
    ),
    "zones.Domain": Table(
        purpose="The register of domains",
        fields={Kind.NONE: "id domain tenant is_primary"},
    ),
}
