from django.urls import include, path

urlpatterns = [
    path("accounts/", include("vps.accounts.urls")),
    path("", include("vps.urls")),
]

handler400 = "vps.http.bad_request"
handler403 = "vps.http.forbidden"
handler404 = "vps.http.not_found"
handler429 = "vps.http.too_many_tries"  # asked for by django-allauth
handler500 = "vps.http.server_error"
