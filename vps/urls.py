from django.urls import path
from django.views.generic import TemplateView

from vps.views.theme import theme

urlpatterns = [
    path("", TemplateView.as_view(template_name="base.html"), name="board"),
    path("tokens/", TemplateView.as_view(template_name="base.html"), name="tokens"),
    path("theme/", theme, name="theme"),
]
