from .access import Access
from .action import PowerAction
from .audit import AuditEvent
from .budget import Budget
from .bulk import Bulk, BulkItem
from .console import ConsoleSession
from .counts import CallCount, CollectorBeat
from .interest import Interest
from .lease import Collector, Lease
from .machine import Machine
from .revision import Revision
from .sample import Sample, Tier
from .status import Reboot, StateChange, Status
from .token import Ability, Token, TokenProject

__all__ = [
    "Ability",
    "Access",
    "AuditEvent",
    "Budget",
    "Bulk",
    "BulkItem",
    "CallCount",
    "Collector",
    "CollectorBeat",
    "ConsoleSession",
    "Interest",
    "Lease",
    "Machine",
    "PowerAction",
    "Reboot",
    "Revision",
    "Sample",
    "StateChange",
    "Status",
    "Tier",
    "Token",
    "TokenProject",
]
