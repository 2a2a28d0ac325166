"""Django's settings. What an operator may change comes from the environment (see `config/env.py`)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext

from config.env import environment_read
from streaming.speech_models.catalog import MODELS

django_stubs_ext.monkeypatch()  # classes such as ModelAdmin[Meeting] take their parameter at run time too

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = environment_read(base_dir=BASE_DIR)

# --- what an operator sets ---------------------------------------------------------------------------------
PORT = ENVIRONMENT.port
HOST = ENVIRONMENT.host
SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.is_debug
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
BEHIND_PROXY = ENVIRONMENT.is_behind_proxy
DATA_DIR = ENVIRONMENT.data_dir
RECORDINGS_DIR = ENVIRONMENT.recordings_dir
EXPORTS_DIR = ENVIRONMENT.exports_dir
REDIS_URL = ENVIRONMENT.redis_url
RECOGNIZER = ENVIRONMENT.speech.recognizer
RECOGNIZER_PROCESSES = ENVIRONMENT.speech.n_processes
SPEECH_MODELS = ENVIRONMENT.speech.models
# What may be spoken. Only names in the catalogue tell it before a model is loaded; "*" refuses nothing.
SPEECH_LANGUAGES: tuple[str, ...] = tuple(
    dict.fromkeys(code for name in SPEECH_MODELS for code in (MODELS[name].languages if name in MODELS else ("*",)))
)
SPEECH_MODEL_DIR = ENVIRONMENT.speech.model_dir
HEAR_AGAIN = ENVIRONMENT.speech.hear_again
SECOND_PASS = ENVIRONMENT.speech.is_second_pass
SECOND_PASS_MODELS = ENVIRONMENT.speech.second_pass_models
GUEST_MEETINGS = ENVIRONMENT.is_guest_meetings
OIDC_ISSUER = ENVIRONMENT.sign_on.issuer
OIDC_CLIENT_ID = ENVIRONMENT.sign_on.client_id
OIDC_CLIENT_SECRET = ENVIRONMENT.sign_on.client_secret
OIDC_NAME = ENVIRONMENT.sign_on.name
# What meetings that say nothing of it are, and how long what is kept of them is kept (docs/privacy.md).
MEETING_MODE = ENVIRONMENT.keeping.mode
TEXT_RETENTION_DAYS = ENVIRONMENT.keeping.text_days
AUDIO_RETENTION_DAYS = ENVIRONMENT.keeping.audio_days
PURGE_NAMES = ENVIRONMENT.keeping.is_names_purged
NODE_NAME = ENVIRONMENT.node_name
MAX_CONNECTIONS = ENVIRONMENT.limits.connections
JOINS_PER_MINUTE = ENVIRONMENT.limits.joins_per_minute
TICKETS_PER_MINUTE = ENVIRONMENT.limits.tickets_per_minute
REQUESTS_PER_MINUTE = ENVIRONMENT.limits.requests_per_minute
WEBHOOK_ALLOW_PRIVATE = ENVIRONMENT.is_webhook_allow_private
EMAIL_HOST = ENVIRONMENT.email.host
EMAIL_PORT = ENVIRONMENT.email.port
EMAIL_HOST_USER = ENVIRONMENT.email.user
EMAIL_HOST_PASSWORD = ENVIRONMENT.email.password
EMAIL_USE_TLS = EMAIL_PORT != 25
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = ENVIRONMENT.email.sender
DATABASES = {"default": ENVIRONMENT.database}

# --- applications ------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",  # before the admin whose templates it replaces
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",  # its API documentation page then comes from our own static files, not from a third party
    "channels",
    "axes",  # counts wrong passwords
    "config",
    "meetings",
    "streaming",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.content_policy.content_policy",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.health.HostCheckExceptForProbes",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",  # the last: it answers for the log-in that was locked out
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
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
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account:login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # the first: refuses before a password is looked at
    "django.contrib.auth.backends.ModelBackend",
]
# Wrong passwords are counted for an account and an address together: nobody can lock somebody else out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "meetings.api.throttling.client_address"
AXES_LOCKOUT_CALLABLE = "meetings.wrong_passwords.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # who logged in when is nobody's business for longer than it takes
AXES_VERBOSE = False
# What is not stored of an attempt; `password` never is.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "old_password", "new_password1", "new_password2"]
LOGIN_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 3_600  # seconds; the mail says an hour

# --- queues ------------------------------------------------------------------------------------------------
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "colloquy"},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1_000}}
}
CELERY_BROKER_URL = ENVIRONMENT.celery_broker_url
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_TIME_LIMIT = 600
if CELERY_BROKER_URL.startswith("filesystem:"):
    _QUEUE_DIR = DATA_DIR / "queue"
    for _name in ("messages", "control"):
        (_QUEUE_DIR / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_QUEUE_DIR / "messages"),
        "data_folder_out": str(_QUEUE_DIR / "messages"),
        "control_folder": str(_QUEUE_DIR / "control"),
    }

# --- language, time, static files --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # Addresses of recordings are signed and audited by our own views: no server may hand these files out.
    "recordings": {
        "BACKEND": "meetings.recordings.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": str(RECORDINGS_DIR)},
    },
    "exports": {  # likewise
        "BACKEND": "meetings.recordings.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": str(EXPORTS_DIR)},
    },
}
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_USE_FINDERS = True  # served from where they are: no collectstatic step to forget

# --- the admin ---------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Colloquy",
    "SITE_HEADER": "Colloquy",
    "SITE_URL": "/",
    "SITE_SYMBOL": "graphic_eq",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}images/favicon.svg"}],
    "SHOW_HISTORY": False,
    "DASHBOARD_CALLBACK": "meetings.admin_dashboard.dashboard",
}

# --- security ----------------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_PROXY
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"  # the address of a meeting holds its code
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
# Which address of `X-Forwarded-For` throttling goes by: the one that our proxy added, not what a client made up.
NINJA_NUM_PROXIES = 1 if BEHIND_PROXY else 0
# What throttling remembers: one number for each address, on this node; a flood of addresses pushes the oldest out.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}},
}
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # probes come to the node itself
    SECURE_HSTS_SECONDS = 2_592_000
    # Whether other names below this one are served over HTTPS, and for ever, is not ours to say.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- logging: static messages, values in fields, never speech, names or tokens ------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"fields": {"()": "config.log_format.FieldFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "fields"}},
    "root": {"handlers": ["stderr"], "level": ENVIRONMENT.log_level},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": ENVIRONMENT.log_level, "propagate": False},
        # Their INFO lines hold addresses of meetings, or come with every connection.
        "daphne": {"level": "WARNING"},
        "twisted": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "axes": {"level": "ERROR"},  # its warnings hold addresses
    },
}
