"""What a recheck of a project's listing means for a token that is stored."""

from django.db import transaction

from vps.models import Token, TokenProject
from vps.provider import errors
from vps.provider.replies import Listing
from vps.services import refusals
from vps.services.checks import Answer
from vps.services.listings import apply_listing, note_project

How = TokenProject.How


@transaction.atomic
def take_listing(project: TokenProject, answer: Answer) -> None:
    """Writes what the listing told, or why it told nothing."""
    token, name, error = project.token, project.project, answer.error
    if not Token.objects.select_for_update().filter(pk=token.pk, sealed=bytes(token.sealed)).exists():
        return  # forgotten or replaced meanwhile: it proves nothing for another token
    if isinstance(answer.reply, Listing):
        refusals.accept_token(token.pk, answer.at)
        apply_listing(token, name, answer.reply, answer.at)
        note_project(token, name, How.LISTED)
    elif isinstance(error, errors.TokenRefused):
        refusals.refuse_token(token.pk, bytes(token.sealed), answer.at, error.said)
        note_project(token, name, How(project.how), error.code, error.said)
    elif isinstance(error, errors.NotAllowed | errors.NotFound):
        by_hand = token.accesses.filter(machine__project=name, how="hand").exists()
        note_project(token, name, How.HAND if by_hand else How.REFUSED, error.code, error.said)
    elif error is not None:
        note_project(token, name, How(project.how), error.code, error.said)
