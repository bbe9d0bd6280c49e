"""What may be a token, and the id of a project or machine: the provider client's own rules, for forms."""

from vps.provider.addresses import is_id
from vps.provider.transport import is_token

__all__ = ["is_id", "is_token"]
