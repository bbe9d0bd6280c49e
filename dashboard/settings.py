"""Settings, read once from the environment; the README lists them by name."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from dashboard import caches, database, env, mail
from dashboard.static_files import IMMUTABLE

BASE_DIR = Path(__file__).resolve().parent.parent
_env = env.from_process()

# What the operator sets ------------------------------------------------------------------------------

DEBUG = _env.flag("DEBUG")
SECRET_KEY = _env.secret("SECRET_KEY")
TOKEN_KEYS = _env.secret_words("TOKEN_KEYS")
PUBLIC_URL = _env.origin("PUBLIC_URL", "http://localhost:8000")
TRUSTED_PROXIES = _env.whole("TRUSTED_PROXIES", 0, 0, 10)
VPS_API_URL = _env.url("VPS_API_URL", ("https", "http"))
VPS_CONSOLE_URL = _env.url("VPS_CONSOLE_URL", ("wss", "ws"), "", query=True)
VPS_CALLS_PER_MINUTE = _env.whole("VPS_CALLS_PER_MINUTE", 60, 1, 1_000_000)
METRICS_TOKEN = _env.secret("METRICS_TOKEN", needed=False)
VPS_INTERVAL = _env.seconds("VPS_INTERVAL", 10.0, 1.0, 3600.0)
VPS_IDLE_INTERVAL = _env.seconds("VPS_IDLE_INTERVAL", max(60.0, VPS_INTERVAL), VPS_INTERVAL, 3600.0)
# How long history is kept, by the seconds that a sample stands for; never shorter than the charts reach.
VPS_KEEP = {
    10: timedelta(minutes=5, hours=_env.whole("VPS_KEEP_CHECKS_HOURS", 1, 1, 48)),
    60: timedelta(days=_env.whole("VPS_KEEP_MINUTES_DAYS", 1, 1, 60)),
    600: timedelta(days=_env.whole("VPS_KEEP_TEN_MINUTES_DAYS", 7, 7, 365)),
    7200: timedelta(days=_env.whole("VPS_KEEP_TWO_HOURS_DAYS", 90, 90, 3650)),
}

REQUIRE_SECOND_FACTOR = _env.choice("REQUIRE_SECOND_FACTOR", ("off", "operators"))
REQUIRE_SECOND_FACTOR_DAYS = _env.whole("REQUIRE_SECOND_FACTOR_DAYS", 7, 0, 90)

# Addresses and proxies -------------------------------------------------------------------------------

_public = urlsplit(PUBLIC_URL)
_https = _public.scheme == "https"

ALLOWED_HOSTS = [_public.hostname or ""]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The database ----------------------------------------------------------------------------------------

DATABASES = {
    "default": database.from_url(_env, "DATABASE_URL", f"sqlite:///{BASE_DIR}/var/dashboard.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = caches.from_url(_env, "REDIS_URL")

# What it is made of ----------------------------------------------------------------------------------

globals().update(mail.from_url(_env, "EMAIL_URL", "EMAIL_FROM"))

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "vps",
    "vps.accounts",
]
MIDDLEWARE = [
    "vps.http.RequestLog",
    "vps.http.Headers",  # outermost, as the next one: errors and static files carry the headers too
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "vps.http.ForMachines",
    # Pages hold no secret but the CSRF token, which is masked anew each time, and one a default password, with nothing
    # beside it that the request said; random bytes hide the lengths.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "vps.accounts.middleware.SignInRequired",
    "vps.accounts.middleware.SecondFactorRequired",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Static files ----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = IMMUTABLE
_plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _plain if DEBUG else "dashboard.static_files.StaticFiles"},
}

# Words and times -------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"

# Sign-in ---------------------------------------------------------------------------------------------

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "vps.accounts.adapter.Adapter"
ACCOUNT_FORMS = {"login": "vps.accounts.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL

MFA_ADAPTER = "vps.accounts.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # half a minute that clocks may differ; each code is good once all the same
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody registers here: addresses are the admin's word
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https  # browsers know passkeys on localhost then, and nowhere else
MFA_FORMS = {
    "authenticate": "vps.accounts.factor_forms.CodeForm",
    "reauthenticate": "vps.accounts.factor_forms.CodeAgainForm",
    "activate_totp": "vps.accounts.factor_forms.ActivateForm",
    "add_webauthn": "vps.accounts.factor_forms.AddPasskeyForm",
    "authenticate_webauthn": "vps.accounts.factor_forms.PasskeyAsFactorForm",
    "reauthenticate_webauthn": "vps.accounts.factor_forms.PasskeyAgainForm",
    "login_webauthn": "vps.accounts.factor_forms.PasskeySignInForm",
}

# Nothing prolongs a session, least of all a board's poll: it lasts two weeks from signing in.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_SAVE_EVERY_REQUEST = False
USERSESSIONS_ADAPTER = "vps.accounts.adapter.SessionsAdapter"
USERSESSIONS_TRACK_ACTIVITY = False

# What a browser may do with our pages ----------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked from within, past the proxy that speaks TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "vps.http.csrf_failed"
# Subdomains and the browsers' preload list are the domain owner's decision, for more than this panel.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# What is written down --------------------------------------------------------------------------------

DEFAULT_EXCEPTION_REPORTER = "vps.http.MaskedReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "vps.http.AlwaysCleansed"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"refusals": {"()": "vps.http.QuietRefusals"}, "keys": {"()": "vps.http.MaskedKeys"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals", "keys"]},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    # Django's own handlers would print a second time, and mail error reports.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {"filters": ["keys"]},
        "django.security.csrf": {"filters": ["keys"]},
    },
}
