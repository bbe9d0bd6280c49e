"""Who may do what to which machine: the only gate.

Everything that calls the provider needs a Grant, and only this package gives them out. What a person may not know of
is 404.
"""

from .acting import Acting, allows, get_acting
from .audit import Wanted, visible_events
from .collecting import LISTING_PROVES, Reader, listings_due, machine_readers, readable_machines, rights_mark
from .grants import ActGrant, Grant, Operation, ReadGrant, listing_grant, status_grant
from .newest import Place, newest_events
from .own import get_token, own_grant
from .people import SHELL, Keeper, Shell, get_person, lock_admins, lock_person, visible_people
from .seeing import (
    OWNER,
    Unread,
    get_machine,
    get_machine_as,
    right_of,
    right_over,
    rights_number,
    unread,
    visible_accesses,
    visible_machines,
)
from .seers import people_who_see
from .teams import active_admins, get_team, get_team_as_admin, teams_that_need, visible_teams

__all__ = [
    "LISTING_PROVES",
    "OWNER",
    "SHELL",
    "ActGrant",
    "Acting",
    "Grant",
    "Keeper",
    "Operation",
    "Place",
    "ReadGrant",
    "Reader",
    "Shell",
    "Unread",
    "Wanted",
    "active_admins",
    "allows",
    "get_acting",
    "get_machine",
    "get_machine_as",
    "get_person",
    "get_team",
    "get_team_as_admin",
    "get_token",
    "listing_grant",
    "listings_due",
    "lock_admins",
    "lock_person",
    "machine_readers",
    "newest_events",
    "own_grant",
    "people_who_see",
    "readable_machines",
    "right_of",
    "right_over",
    "rights_mark",
    "rights_number",
    "status_grant",
    "teams_that_need",
    "unread",
    "visible_accesses",
    "visible_events",
    "visible_machines",
    "visible_people",
    "visible_teams",
]
