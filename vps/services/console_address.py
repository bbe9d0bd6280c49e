"""Where a console is: the one place that knows the address (settings.VPS_CONSOLE_URL)."""

from urllib.parse import quote, urlsplit

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from vps.provider.errors import BadReply
from vps.provider.secret import Secret


def console_origin() -> str:
    """Scheme and host of all consoles; "" where the setting is empty."""
    return _origin(settings.VPS_CONSOLE_URL)


@sensitive_variables()
def console_address(project: str, product: str, ticket: Secret) -> Secret:
    """Where this ticket is good. It is quoted, and leads neither to another host nor out of its place in the path.

    Raises BadReply for a ticket that would.
    """
    template, word = settings.VPS_CONSOLE_URL, ticket.reveal()
    if word in (".", ".."):
        raise BadReply("ticket")
    url = template
    for name, value in {"project": project, "product": product, "ticket": word}.items():
        url = url.replace(f"{{{name}}}", quote(value, safe=""))
    if _origin(url) != _origin(template):
        raise BadReply("ticket")
    return Secret(url)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if url else ""
