"""Who sees which people: their organization, themselves, and those with whom a parent's link connects them.

A parent's child may be of any organization. Links are looked up by functions with their owner's rights, since a policy
on people that asked the policy on links, which asks for people, would go round in circles.
"""

from zones.policies import (
    ANYBODY,
    NOT_CONFINED,
    ORGANIZATION,
    PERSON,
    SOMEBODY,
    Policy,
    of_organization,
    of_person,
    part_of,
)

_CHILDREN = f"SELECT student_id FROM {{schema}}.accounts_parentlink WHERE parent_id = {PERSON} AND status = 'approved'"
_PARENTS = f"""
SELECT parent_id FROM {{schema}}.accounts_parentlink WHERE student_id = {PERSON} AND status IN ('pending', 'approved')
"""
# An organization's administrators answer for the links of its students, whoever the parents are.
_PARENTS_OF_STUDENTS = f"""
SELECT link.parent_id FROM {{schema}}.accounts_parentlink link
JOIN {{schema}}.accounts_user student ON student.id = link.student_id
JOIN {{schema}}.accounts_user asker ON asker.organization_id = student.organization_id
WHERE asker.id = {PERSON} AND asker.role = 'org_admin'
"""

# Name → what it selects; zones.roles makes them in every zone, as functions that return an array of ids.
FUNCTIONS = {
    "children_of_asker": _CHILDREN,
    "people_linked_to_asker": f"{_CHILDREN} UNION ALL {_PARENTS} UNION ALL {_PARENTS_OF_STUDENTS}",
    "organizations_of_children": f"SELECT organization_id FROM {{schema}}.accounts_user WHERE id IN ({_CHILDREN})",
}

CHILDREN = "ANY ((SELECT children_of_asker())::uuid[])"
COLLEAGUES = f"(SELECT id FROM accounts_user WHERE organization_id = {ORGANIZATION})"

_PERSON = f"organization_id = {ORGANIZATION} OR id = {PERSON}"
# Nobody takes even their own row into another organization.
_KEPT_PERSON = (
    f"organization_id = {ORGANIZATION} OR (id = {PERSON} AND organization_id IS NULL AND {ORGANIZATION} IS NULL)"
)
_CLASS = of_organization()
_LINK = f"parent_id = {PERSON} OR student_id = {PERSON} OR student_id IN {COLLEAGUES}"
_CHILD = f"child_id = {PERSON} OR child_id IN {COLLEAGUES}"
_CLIENT = of_organization()

POLICIES = {
    "accounts.Organization": Policy(
        f"id = {ORGANIZATION} OR id = ANY ((SELECT organizations_of_children())::uuid[])", f"id = {ORGANIZATION}"
    ),
    "accounts.User": Policy(f"{_PERSON} OR id = ANY ((SELECT people_linked_to_asker())::uuid[])", _KEPT_PERSON),
    "accounts.Classroom": _CLASS,
    "accounts.ClassMembership": part_of("accounts_classmembership", "accounts_classroom", "classroom_id", _CLASS),
    # Written by accounts.services.parents alone, for the zone: who could write one would approve themselves.
    "accounts.ParentLink": Policy(_LINK),
    "accounts.RosterId": of_organization(),
    "accounts.RosterImport": of_organization(),
    # Anybody may cause another person to be told something; what they were told is theirs alone.
    "accounts.Notice": Policy(f"user_id = {PERSON}", f"user_id = {PERSON}", insert=ANYBODY),
    "accounts.OutgoingMail": Policy(insert=ANYBODY),
    # How long passwords and sessions of the zone last: asked before anybody is known, and no secret.
    "accounts.SecurityPolicy": Policy(read=ANYBODY),
    "accounts.GuardianRequest": Policy(_CHILD, _CHILD),
    "accounts.GuardianConsent": Policy(
        f"organization_id = {ORGANIZATION} OR guardian_id = {PERSON} OR {_CHILD}", _CHILD
    ),
    "accounts.ApiClient": _CLIENT,
    "accounts.ApiClientKey": part_of("accounts_apiclientkey", "accounts_apiclient", "client_id", _CLIENT),
    "accounts.ApiClientNonce": NOT_CONFINED,
    "accounts.DataExport": of_person("user_id"),
    # The ways to log in that the zone offers; their secrets are encrypted.
    "accounts.IdentityProvider": Policy(SOMEBODY, f"organization_id = {ORGANIZATION}"),
    # Ids of tokens that serve once, of nobody's.
    "accounts.SpentToken": Policy(read=ANYBODY, insert=ANYBODY),
    # Looked at on the way in, and by their own services alone.
    "accounts.LoginSession": NOT_CONFINED,
    "accounts.KnownDevice": NOT_CONFINED,
    # Read before anybody is known, by accounts.tokens and accounts.revocation alone.
    "accounts.RefreshSession": NOT_CONFINED,
    "accounts.RevokedToken": NOT_CONFINED,
}
