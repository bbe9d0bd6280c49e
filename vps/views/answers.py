from django.http import HttpResponseRedirect
from django.shortcuts import resolve_url


class _SeeOther(HttpResponseRedirect):
    status_code = 303


def see_other(to: str, *args: object) -> HttpResponseRedirect:
    """After a POST: the browser GETs that page, so that loading it again repeats nothing."""
    return _SeeOther(resolve_url(to, *args))
