"""The registry of zones and domains is the control plane's own."""

from zones.policies import NOT_CONFINED

POLICIES = {"zones.Zone": NOT_CONFINED, "zones.Domain": NOT_CONFINED}
