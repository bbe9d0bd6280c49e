"""What people say of a machine. Each form is a page of its own, or what a dialog holds."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from vps.forms import ExpectedForm, KeeperForm, NotesForm, TagsForm
from vps.services import remarks
from vps.services.remarks import Remarks, show_remarks
from vps.views.answers import SignedIn, see_other

FORM = ["GET", "HEAD", "POST"]


@require_POST
@never_cache
def machine_protect(request: SignedIn, project: str, product: str) -> HttpResponse:
    remarks.protect(request.user, project, product, True)
    return _done(request, project, product, _("It is protected now."))


@require_http_methods(FORM)
@never_cache
def machine_unprotect(request: SignedIn, project: str, product: str) -> HttpResponse:
    """Asks, then lifts the protection."""
    page = show_remarks(request.user, project, product, admin=True)
    if request.method == "POST":
        remarks.protect(request.user, project, product, False)
        return _done(request, project, product, _("It is no longer protected."))
    question = {
        "question": _("Lift the protection of “%(name)s”?") % {"name": page.name},
        "sentences": [_("Operators may start and stop it again, and no button asks for its name any more.")],
        "deed": _("Lift the protection"),
        "back": resolve_url("machine", project, product),
    }
    return render(request, "vps/confirm.html", question)


@require_http_methods(FORM)
@never_cache
def machine_expected(request: SignedIn, project: str, product: str) -> HttpResponse:
    page = show_remarks(request.user, project, product, admin=True)
    form = ExpectedForm(request.POST if request.method == "POST" else {"expected": page.expected})
    if request.method != "POST" or not form.is_valid():
        return _ask(request, page, form, _("How should “%(name)s” be?"))
    remarks.expect(request.user, project, product, form.cleaned_data["expected"])
    return _done(request, project, product, _("What is expected of it is saved."))


@require_http_methods(FORM)
@never_cache
def machine_tags(request: SignedIn, project: str, product: str) -> HttpResponse:
    page = show_remarks(request.user, project, product)
    known = {"tags": ", ".join(page.tags), "had": " ".join(page.tags)}
    form = TagsForm(request.POST if request.method == "POST" else known)
    if request.method == "POST" and form.is_valid():
        try:
            remarks.set_tags(
                request.user, project, product, form.cleaned_data["had"], form.cleaned_data["tags"]
            )
        except remarks.TooMany:
            most = {"most": remarks.MOST_TAGS}
            form.add_error("tags", _("A machine has at most %(most)d tags.") % most)
        else:
            return _done(request, project, product, _("Its tags are saved."))
    return _ask(request, page, form, _("Tags of “%(name)s”"))


@require_http_methods(FORM)
@never_cache
def machine_notes(request: SignedIn, project: str, product: str) -> HttpResponse:
    """Saves them, unless somebody else has saved others meanwhile: then it shows both."""
    page = show_remarks(request.user, project, product)
    form = NotesForm(request.POST if request.method == "POST" else {"notes": page.notes, "seen": page.seen})
    theirs = None
    if request.method == "POST" and form.is_valid():
        notes, seen = form.cleaned_data["notes"], form.cleaned_data["seen"]
        try:
            remarks.set_notes(request.user, project, product, notes, seen)
        except remarks.Meanwhile as meanwhile:
            theirs = meanwhile.notes
            form = NotesForm({"notes": notes, "seen": remarks.mark_of(theirs)})
            form.fields["notes"].label = _("Yours")
        else:
            return _done(request, project, product, _("The notes are saved."))
    return _ask(request, page, form, _("Notes on “%(name)s”"), theirs=theirs)


@require_http_methods(FORM)
@never_cache
def machine_keeper(request: SignedIn, project: str, product: str) -> HttpResponse:
    page = show_remarks(request.user, project, product)
    known = {"keeper": page.keeper_id or ""}
    people = remarks.keepers(request.user, project, product)
    form = KeeperForm(request.POST if request.method == "POST" else known, keepers=people)
    if request.method == "POST" and form.is_valid():
        try:
            remarks.set_keeper(request.user, project, product, form.cleaned_data["keeper"])
        except remarks.NoKeeper:
            form.add_error("keeper", form.fields["keeper"].error_messages["invalid_choice"])
        else:
            return _done(request, project, product, _("Who looks after it is saved."))
    return _ask(request, page, form, _("Who looks after “%(name)s”?"))


def _ask(request: SignedIn, page: Remarks, form: forms.Form, title: str, **more: object) -> HttpResponse:
    template = "vps/_ask_remark.html" if request.htmx else "vps/remark.html"
    context = {"page": page, "form": form, "title": title % {"name": page.name}, **more}
    return render(request, template, context)


def _done(request: SignedIn, project: str, product: str, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return see_other("machine", project, product)
