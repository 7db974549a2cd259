"""Whether a password has had its time."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from accounts.selectors import security_policy


def renewal_is_due(user: User) -> bool:
    """Whether log-in must lead to a new password: somebody else chose it, or the zone wants another one by now."""
    if user.password_temporary:
        return True
    days = security_policy().password_days
    return days is not None and timezone.now() - user.password_changed_at > timedelta(days=days)
