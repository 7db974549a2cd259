"""What the control plane's console shows; the zones' consoles take each app's own admin module."""

from accounts.admin import StaffAdmin
from accounts.models import User
from audit.admin import AuditEntryAdmin
from audit.models import AuditEntry
from megacity.console import control
from zones.admin import DomainAdmin, ZoneAdmin
from zones.models import Domain, Zone

control.register(Zone, ZoneAdmin)
control.register(Domain, DomainAdmin)
control.register(User, StaffAdmin)
control.register(AuditEntry, AuditEntryAdmin)
