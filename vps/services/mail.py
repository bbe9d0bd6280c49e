"""What the panel mails, where a mail server is set (EMAIL_URL)."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from vps.services.link_keys import Secret

logger = logging.getLogger(__name__)


def can_mail() -> bool:
    return bool(settings.EMAIL_HOST)


@sensitive_variables()
def send_invitation(to: str, team: str, by: str, link: Secret) -> bool:
    """Whether the mail server took it. Without one, nothing is tried."""
    if not can_mail():
        return False
    subject = _("%(name)s invites you to a team") % {"name": by}
    text = _("%(name)s invites you to the team %(team)s. The link is good once, for a week:\n\n%(link)s\n")
    words = {"name": by, "team": " ".join(team.split()), "link": link.reveal()}
    try:
        return send_mail(" ".join(subject.split()), text % words, None, [to]) == 1
    except OSError as error:  # smtplib's errors are OSErrors; the link can be handed over by hand
        logger.warning("an invitation was not mailed: %s", type(error).__name__)
        return False
