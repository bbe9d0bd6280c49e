"""What people type, checked before anything is done with it; each error is a sentence beside its field."""

from .audit import AuditForm
from .people import PersonForm, ResetForm
from .power import ForceStopForm
from .remarks import ExpectedForm, KeeperForm, NotesForm, TagsForm
from .teams import InviteForm, RoleForm, ShareForm, TeamForm
from .tokens import AddTokenForm, MachineForm, NameForm, ProjectForm, SecretForm, clean_id, split_ids

__all__ = [
    "AddTokenForm",
    "AuditForm",
    "ExpectedForm",
    "ForceStopForm",
    "InviteForm",
    "KeeperForm",
    "MachineForm",
    "NameForm",
    "NotesForm",
    "PersonForm",
    "ProjectForm",
    "ResetForm",
    "RoleForm",
    "SecretForm",
    "ShareForm",
    "TagsForm",
    "TeamForm",
    "clean_id",
    "split_ids",
]
