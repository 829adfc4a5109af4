"""The one settings file. Every value can be set by the environment; docker/.env.example lists them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from console import env
from console.common import embedded, logs

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = env.folder("SECOND_LOOK_HOME", BASE_DIR / "var")
MEDIA_ROOT = HOME / "media"
MODELS_ROOT = HOME / "models"
MODELS_KEEP_DAYS = env.integer("MODELS_KEEP_DAYS", 180, least=30)  # files of models that nobody needs go after so many days
SNAPSHOTS_ROOT = HOME / "snapshots"

DEBUG = env.flag("DEBUG", False)
PORT = env.integer("PORT", 8000, least=1)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{PORT}")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", PUBLIC_URL)
HTTPS = env.flag("HTTPS", PUBLIC_URL.startswith("https://"))


def _secret_key() -> str:
    """From the environment, or made once and kept in the home folder with mode 0600."""
    if given := env.text("SECRET_KEY"):
        return given
    file = HOME / "secret_key"
    if not file.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text().strip()


SECRET_KEY = _secret_key()

EMBEDDED_DATABASE = not env.text("DATABASE_URL")
EMBEDDED_REDIS = not env.text("REDIS_URL")
DATABASE_URL = env.text("DATABASE_URL") or embedded.database_url(HOME)
REDIS_URL = env.text("REDIS_URL") or embedded.redis_url(HOME)
BROKER_URL = env.text("REDIS_URL") or embedded.broker_url(HOME)


def _database() -> dict[str, Any]:
    try:
        parts = conninfo_to_dict(DATABASE_URL)
    except Exception as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}") from error
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    options: dict[str, Any] = {name: value for name, value in parts.items() if name not in known}
    # An idle transaction keeps dead rows alive and slows every claim; a lost query must not hold a lease for ever.
    # Only the hot paths keep plans (console.common.rows); theirs do not hang on the values, but the server would plan them anew.
    options["options"] = (
        "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000 -c lock_timeout=20000 "
        "-c plan_cache_mode=force_generic_plan"
    )
    options["prepare_threshold"] = 1 if env.flag("DATABASE_PLANS", True) else None
    options["pool"] = {"min_size": 1, "max_size": env.integer("DATABASE_POOL", 8, least=1), "timeout": 3}
    return {"ENGINE": "django.db.backends.postgresql", "CONN_HEALTH_CHECKS": True, "OPTIONS": options} | {
        name: parts[key] for key, name in known.items() if key in parts
    }


DATABASES = {"default": _database()}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "django_structlog",
    "console",
    "console.common",
    "console.audit",
    "console.accounts",
    "console.alerts",
    "console.policies",
    "console.banks",
    "console.intake",
    "console.scores",
    "console.cases",
    "console.verdicts",
    "console.quality",
    "console.enforcement",
    "console.training",
    "console.automation",
    "console.watch",
    "console.backtests",
    "console.insights",
    "console.api",
    "console.ui",
]
AUTH_USER_MODEL = "accounts.User"
KNOX_TOKEN_MODEL = "accounts.ApiToken"
MIGRATION_MODULES = {"knox": None}  # its own token table would only lie there: ours is accounts.ApiToken
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "console.api.middleware.ProblemMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "console.ui.problems.PageErrors",
]
ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
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
    }
]

LANGUAGE_CODE = "en-gb"
USE_I18N = False  # every word is English: asking which language holds costs a twentieth of a case page
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True  # the packages' own files are served without a copying step
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_MAX_BYTES = env.integer("MEDIA_MAX_MB", 512, least=1) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = env.integer("BODY_MAX_MB", 10, least=1) * 1024 * 1024

AUTHENTICATION_BACKENDS = ["console.accounts.backends.PeopleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "console.ui.sign_in.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SESSION_ENGINE = "console.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REFERRER_POLICY = "same-origin"  # "no-referrer" would make browsers post with Origin: null, which the CSRF check refuses
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],  # data: for the code that pairs a second factor
        "media-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

CELERY_TASK_ALWAYS_EAGER = False
DISPATCH_BACKEND = env.text("DISPATCH_BACKEND", "celery")  # celery | memory | inline
LEASE_SECONDS = env.integer("LEASE_SECONDS", 15, least=1)  # how long a worker that died holds its jobs
SWEEP_SECONDS = env.integer("SWEEP_SECONDS", 5, least=1)  # how often the reconciler looks for jobs whose ring was lost
UNDO_SECONDS = env.integer("UNDO_SECONDS", 10, least=0)
CLAIM_MINUTES = env.integer("CLAIM_MINUTES", 10, least=1)
CLAIM_AHEAD_SECONDS = env.integer("CLAIM_AHEAD_SECONDS", 90, least=10)  # how long a case fetched before its turn is kept
WATCH_HOURS = env.integer("WATCH_HOURS", 24, least=1)  # of traffic that are compared with what the model saw first
FRAME_MODEL = env.text("FRAME_MODEL")  # folder or hub name of an image classifier
FRAME_MODEL_REVISION = env.text("FRAME_MODEL_REVISION")

# The API. It is described by OpenAPI at /api/v1/schema/.
API_RATE = env.text("API_RATE")  # "600/min" for each caller; empty = no limit
WEBHOOK_ALLOW_PRIVATE = env.flag("WEBHOOK_ALLOW_PRIVATE", False)  # let webhooks go to addresses of the own network
METRICS_TOKEN = env.text("METRICS_TOKEN")  # when set, /metrics asks for "Authorization: Bearer ..."
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "console.api.problems.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": 0,
}
REST_KNOX = {"TOKEN_PREFIX": "sl_", "AUTO_REFRESH": False, "TOKEN_LIMIT_PER_USER": None}
SPECTACULAR_SETTINGS = {
    "TITLE": "Second Look",
    "DESCRIPTION": "Post items, read decisions, review cases, train models. Errors are problem documents (RFC 9457).",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Two sets of outcomes: a person has two to choose from, a decision may also send to people.
    # Two bases: what puts cases into a batch, and what an error is a share of.
    "ENUM_NAME_OVERRIDES": {
        "VerdictOutcome": ["allow", "enforce"], "DecisionOutcome": ["allow", "review", "enforce"],
        "BatchBasis": ["alike", "author", "chosen"], "ErrorBasis": ["decided", "class"],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # an address is personal data, and finding it out costs an eighth of a post
LOGGING = logs.configure(level=LOG_LEVEL, form=env.text("LOG_FORMAT", "json"))
