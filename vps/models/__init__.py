from .access import Access
from .machine import Machine
from .revision import Revision
from .sample import Sample
from .status import StateChange, Status
from .token import Ability, Token, TokenProject

__all__ = [
    "Ability",
    "Access",
    "Machine",
    "Revision",
    "Sample",
    "StateChange",
    "Status",
    "Token",
    "TokenProject",
]
