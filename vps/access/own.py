"""One's own tokens."""

from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from vps.models import Token

from .grants import ReadGrant, listing_grant, status_grant


def get_token(user: AbstractBaseUser, token_id: UUID, *, lock: bool = False) -> Token:
    """One's own token; with `lock` nobody else changes it until the transaction ends. Raises Http404 for anybody
    else's."""
    own = Token.objects.filter(owner_id=user.pk)
    return get_object_or_404(own.select_for_update() if lock else own, pk=token_id)


def own_grant(user: AbstractBaseUser, token: Token, project: str, product: str = "") -> ReadGrant:
    """The owner's right to try their own token, saved or about to be: a listing, or with `product` one status."""
    if token.owner_id != user.pk:
        raise Http404(_("There is no such token."))
    return status_grant(token, project, product) if product else listing_grant(token, project)
