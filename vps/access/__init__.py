"""Who may do what to which machine: the only gate.

Everything that calls the provider needs a Grant, and only this package gives them out. What a person may not know of
is 404.
"""

from .acting import Acting, get_acting
from .collecting import LISTING_PROVES, Reader, listings_due, machine_readers, readable_machines, rights_mark
from .grants import ActGrant, Grant, Operation, ReadGrant, listing_grant, status_grant
from .own import get_token, own_grant
from .people import SHELL, Keeper, Shell, get_person, lock_admins, lock_person, visible_people
from .seeing import OWNER, get_machine, get_machine_as, visible_accesses, visible_machines
from .seers import people_who_see

__all__ = [
    "LISTING_PROVES",
    "OWNER",
    "SHELL",
    "ActGrant",
    "Acting",
    "Grant",
    "Keeper",
    "Operation",
    "ReadGrant",
    "Reader",
    "Shell",
    "get_acting",
    "get_machine",
    "get_machine_as",
    "get_person",
    "get_token",
    "listing_grant",
    "listings_due",
    "lock_admins",
    "lock_person",
    "machine_readers",
    "own_grant",
    "people_who_see",
    "readable_machines",
    "rights_mark",
    "status_grant",
    "visible_accesses",
    "visible_machines",
    "visible_people",
]
