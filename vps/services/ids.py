"""What may be the id of a project or machine: the provider client's own rule, for forms."""

from vps.provider.addresses import is_id

__all__ = ["is_id"]
