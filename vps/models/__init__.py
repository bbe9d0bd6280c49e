from .access import Access
from .action import PowerAction
from .audit import AuditEvent
from .audit_codes import Code
from .budget import Budget
from .bulk import Bulk, BulkItem
from .console import ConsoleSession
from .counts import CallCount, CollectorBeat
from .interest import Interest
from .lease import Collector, Lease
from .machine import Machine, Tag
from .person import SecondFactor, SigninLink
from .revision import Revision
from .sample import Sample, Tier
from .status import Reboot, StateChange, Status
from .team import Invitation, Member, Role, Share, Team, WallLink
from .token import Ability, Token, TokenProject

__all__ = [
    "Ability",
    "Access",
    "AuditEvent",
    "Budget",
    "Bulk",
    "BulkItem",
    "CallCount",
    "Code",
    "Collector",
    "CollectorBeat",
    "ConsoleSession",
    "Interest",
    "Invitation",
    "Lease",
    "Machine",
    "Member",
    "PowerAction",
    "Reboot",
    "Revision",
    "Role",
    "Sample",
    "SecondFactor",
    "Share",
    "SigninLink",
    "StateChange",
    "Status",
    "Tag",
    "Team",
    "Tier",
    "Token",
    "TokenProject",
    "WallLink",
]
