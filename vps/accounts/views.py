from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST


@require_POST
def end_session(request: HttpRequest, number: int) -> HttpResponse:
    """Signs one of one's own browsers out; somebody else's session is not there (404)."""
    get_adapter().end_sessions([get_object_or_404(UserSession, pk=number, user=request.user)])
    return redirect("usersessions_list")
