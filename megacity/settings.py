"""All settings, driven by the environment (see README, "Configuration"); a bad value is refused here, by name."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from accounts import token_keys
from megacity import environment as env
from megacity.api.document import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from megacity.logs import FORMATTERS, logging_settings

BASE_DIR = env.BASE_DIR
VAR_DIR = env.var_dir()

ENVIRONMENT = env.environment()
DEVELOPMENT = ENVIRONMENT != "production"
DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.secret_key()
# What encrypts fields, newest first; a ring, so that keys are exchanged while the city runs (docs/keys.md).
FIELD_KEYS = env.keys("FIELD_KEYS", "field_keys")
# What the blind indexes are made with, newest first.
INDEX_KEYS = env.keys("INDEX_KEYS", "index_keys")
# Who wraps entries of the two rings that are not plain (accounts/kms.py).
KMS_LOCAL_KEY = env.text("KMS_LOCAL_KEY", "")
KMS_AWS_KEY, KMS_AWS_ENDPOINT = env.text("KMS_AWS_KEY", ""), env.text("KMS_AWS_ENDPOINT", "")
KMS_GCP_KEY = env.text("KMS_GCP_KEY", "")
# Zones in which a law obliges to take resident numbers (Personal Information Protection Act of Korea, article 24-2).
RESIDENT_NUMBER_ZONES = frozenset(env.names("RESIDENT_NUMBER_ZONES", []))
PORT = env.number("PORT", 8000, least=1)

# --- Hosts -----------------------------------------------------------------------------------------------------------
# ZoneMiddleware answers for registered domains alone, which is what ALLOWED_HOSTS would guard.
ALLOWED_HOSTS = ["*"]
CONTROL_HOSTS = env.names("CONTROL_HOSTS", ["localhost", "127.0.0.1"] if DEVELOPMENT else [])
ZONE_HOSTS_TTL = env.number("ZONE_HOSTS_TTL", 5)
TRUSTED_PROXIES = frozenset(env.names("TRUSTED_PROXIES", ["127.0.0.1", "::1"]))
if not DEVELOPMENT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Applications ----------------------------------------------------------------------------------------------------
# In both: people, sessions and the log exist in every zone and in the control plane. In one: what belongs there alone.
BOTH_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "megacity.apps.ConsoleConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.kakao",
    "allauth.socialaccount.providers.naver",
    "allauth.socialaccount.providers.line",
    "allauth.socialaccount.providers.apple",
    "allauth.socialaccount.providers.openid_connect",
    "audit",
    "accounts",
]
SHARED_APPS = ["megacity", "zones", "django_tenants", *BOTH_APPS]
TENANT_APPS = [*BOTH_APPS, "exams"]
TOOL_APPS = [
    "daphne",
    "django.contrib.postgres",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_prometheus",
]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS), *TOOL_APPS]

TENANT_MODEL = "zones.Zone"
TENANT_DOMAIN_MODEL = "zones.Domain"
TENANT_LIMIT_SET_CALLS = True
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- The way of a request --------------------------------------------------------------------------------------------
MIDDLEWARE = [
    "megacity.metrics.MetricsMiddleware",
    # What is refused below has its headers too.
    "megacity.headers.HeadersMiddleware",
    "audit.middleware.ActorMiddleware",
    "megacity.guard.GuardMiddleware",
    "zones.middleware.ZoneMiddleware",
    # To HTTPS, once the host is known to be ours; their headers are set by the first one already.
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "megacity.networks.AdminNetworkMiddleware",
    "megacity.ratelimit.RateLimitMiddleware",
    # Here and not among the pages': allauth insists, and it answers exceptions, which only this list is asked about.
    "allauth.account.middleware.AccountMiddleware",
    "megacity.middleware.SurfaceMiddleware",
    "megacity.errors.ProblemMiddleware",
]
_PAGES = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.session_times.SessionTimesMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "megacity.ratelimit.PageLoopLimitMiddleware",
    "accounts.middleware.PersonMiddleware",
    "megacity.gate.FactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
# What each surface needs beyond MIDDLEWARE: the API carries no session, no CSRF token and no HTML policy.
SURFACE_MIDDLEWARE = {
    "www": _PAGES,
    "app": _PAGES,
    "admin": _PAGES,
    "api": [
        "corsheaders.middleware.CorsMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "megacity.middleware.ApiLocaleMiddleware",
    ],
    "static": [
        "corsheaders.middleware.CorsMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
    ],
}
ROOT_URLCONF = "megacity.urls.control"
WSGI_APPLICATION = "megacity.wsgi.application"
ASGI_APPLICATION = "megacity.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "megacity.context_processors.city",
                "accounts.context_processors.ways_in",
            ],
        },
    },
]

# --- Data ------------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.database()}
# Whom `migrate` makes a member of every zone's roles, and what their names begin with: roles are the cluster's.
DATABASE_LOGIN = env.database_login()
DATABASE_OWNER = env.database_owner()
DATABASE_ROLE_PREFIX = env.name("DATABASE_ROLE_PREFIX", "megacity")
ORIGINAL_BACKEND = "megacity.postgresql"

# The log's keys (audit.keys), each 32 bytes in base64: what signs its seals, what signed them before (public), and what
# stamps its rows, the present one first.
AUDIT_SIGNING_KEY = env.kept("AUDIT_SIGNING_KEY", "audit_signing_key")
AUDIT_PUBLIC_KEYS = env.names("AUDIT_PUBLIC_KEYS", [])
AUDIT_MAC_KEYS = [key for key in env.kept("AUDIT_MAC_KEYS", "audit_mac_keys").split(",") if key]
AUDIT_HEADS = VAR_DIR / "audit-heads"
# Where months of the logs go that zones no longer keep in the database. None by default in production, where a worker's
# own disk may go with it.
AUDIT_ARCHIVES = env.text("AUDIT_ARCHIVES", str(VAR_DIR / "audit-archives") if DEVELOPMENT else "")
# Refusals of one kind, to one person or address, that leave a row each in a minute; more are counted (audit.refusals).
REFUSALS_A_MINUTE = 30

REDIS_URL = env.redis_url()
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
            "IGNORE_EXCEPTIONS": True,
            "CONNECTION_POOL_CLASS": "zones.redis.Pool",
        },
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "megacity"},
    }
}

CELERY_BROKER_URL = REDIS_URL
# A publish on a connection that is dead, and does not know it, would wait for ever.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5.0, "socket_connect_timeout": 1.0, "max_retries": 1}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A task that was begun before Redis went away is sent again by it; two at once would only wait for each other.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Minutes of mathematics or a large file never keep an overdue attempt waiting: they have a queue and a process of
# their own (Procfile).
CELERY_TASK_ROUTES = {
    name: {"queue": "runs"}
    for name in (
        "exams.tasks.calibrate",
        "exams.tasks.analyse",
        "exams.tasks.simulate_exam",
        "exams.tasks.work_off_imports",
        "accounts.tasks.work_off_rosters",
        "audit.tasks.verify_log",
    )
}
CELERY_BEAT_SCHEDULE = {
    "finish-overdue-attempts": {"task": "megacity.tasks.finish_overdue_everywhere", "schedule": 30.0},
    "work-off-imports": {"task": "megacity.tasks.work_off_imports_everywhere", "schedule": 60.0},
    # What was queued while the broker was away, or waits for its next try.
    "send-mails": {"task": "megacity.tasks.send_mails_everywhere", "schedule": 30.0},
    "sweep-what-is-void": {"task": "megacity.tasks.sweep_everywhere", "schedule": 3600.0},
    "seal-logs": {"task": "megacity.tasks.seal_logs_everywhere", "schedule": 5.0},
    "look-after-logs": {
        "task": "megacity.tasks.look_after_logs_everywhere",
        "schedule": crontab(hour="4", minute="41"),
    },
    "resume-runs": {"task": "megacity.tasks.resume_runs_everywhere", "schedule": 300.0},
    # At night, when nobody waits for the worker.
    "refresh-analyses": {
        "task": "megacity.tasks.refresh_analyses_everywhere",
        "schedule": crontab(hour="3", minute="17"),
    },
}

# --- People ----------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailBackend"]
PASSWORD_HASHERS = ["accounts.passwords.BCryptHasher"]
# bcrypt's work factor: each step doubles the time of one guess. Tests may be quick.
PASSWORD_ROUNDS = env.number("PASSWORD_ROUNDS", 12, least=4 if ENVIRONMENT == "test" else 12)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "accounts.passwords.FourKindsValidator"},
    {"NAME": "accounts.passwords.LengthValidator"},
    {"NAME": "accounts.passwords.LeakedPasswordValidator"},
    {"NAME": "accounts.passwords.GuessableValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "display_name")},
    },
]
# Seconds that whoever asks for a mail to some address waits, whether or not somebody has it.
EVEN_ANSWER_SECONDS = 0.0 if ENVIRONMENT == "test" else 0.3
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/dashboard"
# allauth takes a log-in through its stages (docs/decisions/0023). Registration, confirmation of the e-mail, reset and
# limits are our own services, so what it has of these is off and none of its pages has an address.
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
MFA_ADAPTER = "accounts.federation.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
SOCIALACCOUNT_ADAPTER = "accounts.federation.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_QUERY_EMAIL = True
# Each zone's own are rows (accounts.models.IdentityProvider); what holds for all of a kind stands here.
SOCIALACCOUNT_PROVIDERS = {
    **{kind: {"OAUTH_PKCE_ENABLED": True} for kind in ("google", "kakao", "naver", "apple", "openid_connect")},
    "line": {"OAUTH_PKCE_ENABLED": True, "SCOPE": ["profile", "openid", "email"]},
}

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 7 * 24 * 3600
# No other host can set a cookie of this name, and none is sent in the clear (RFC 6265bis, section 4.1.3.2). Browsers
# take the prefix over TLS alone, which a development machine has not.
_COOKIE = "" if DEVELOPMENT else "__Host-"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_COOKIE}sessionid", f"{_COOKIE}csrftoken"
LANGUAGE_COOKIE_NAME = f"{_COOKIE}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEVELOPMENT
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
# With the session, and not in a cookie of its own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# By which a device is known again, so that its log-ins warn nobody.
DEVICE_COOKIE_NAME = f"{_COOKIE}device"
CSRF_FAILURE_VIEW = "megacity.errors.csrf_failure"

# Newest first; without any, SECRET_KEY signs (see accounts.token_keys and `manage.py token_keys`).
JWT_SIGNING_KEYS = env.names("JWT_SIGNING_KEYS", [])
token_keys.parse(JWT_SIGNING_KEYS, source="JWT_SIGNING_KEYS", default_secret=SECRET_KEY)
JWT_SIGNING_KEYS_FILE = env.text("JWT_SIGNING_KEYS_FILE", "")
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=24),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "USER_ID_CLAIM": "sub",
}
# However often a refresh token is exchanged, after so long the person logs in again.
REFRESH_FAMILY_LIFETIME = timedelta(days=env.number("SESSION_LONGEST_DAYS", 90, least=1))

# --- Mail ------------------------------------------------------------------------------------------------------------
_MAIL = env.mail(development=DEVELOPMENT)
EMAIL_BACKEND = _MAIL.backend
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.starttls, _MAIL.tls
EMAIL_TIMEOUT = 10
# "no-reply" of each zone's own domain, or one address for all.
MAIL_FROM = env.mail_from()
# Where a development machine writes mails instead of sending them.
MAIL_FOLDER = VAR_DIR / "mail"

# --- API -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "accounts.api.signatures.SignatureAuthentication",
        "accounts.api.authentication.PageSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.HasPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["megacity.api.parsers.BoundedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "megacity.api.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "megacity.api.schema.CitySchema",
    "EXCEPTION_HANDLER": "megacity.api.problems.exception_handler",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "accounts.people.Anonymous",
    "DATETIME_FORMAT": "iso-8601",
    # Everything is JSON; `?format=` is an export's own question.
    "URL_FORMAT_OVERRIDE": None,
}
# Requests a minute and burst; MISSION's table of surfaces. "off" is for load tests on one's own machine.
RATE_LIMITS_ENABLED = env.flag("RATE_LIMITS", True)
RATE_LIMITS = {"www": (200, 50), "app": (200, 50), "api": (100, 20), "static": (500, 100), "admin": (200, 50)}
EXAM_LOOP_RATE_LIMIT = (600, 200)
# The style sheets and scripts of pages on their own host: ten a page, and a class opens its pages together.
ASSETS_RATE_LIMIT = (3000, 1000)
# Connections of an address to /ws, and messages of one connection.
CONNECTIONS_RATE_LIMIT = (200, 50)
MESSAGES_RATE_LIMIT = (120, 60)
# More requests of one address than this within so many seconds block it for so many (files and exam loops apart).
FLOOD_LIMIT = (1000, 5 * 60, 3600)
# Words in the names of programs that are refused, beside those of megacity.guard.
REFUSED_AGENTS = env.names("REFUSED_AGENTS", [])
# Tries of one account from one address; wrong tries of all accounts from one address.
LOGIN_RATE_LIMIT = (5, 5)
LOGIN_FAILURES_LIMIT = (30, 30)
LOGIN_BLOCK_SECONDS = 15 * 60
# Mails that people ask for before they log in: for one address by one client, by one client, for one address by all.
MAIL_RATE_LIMITS = {"asked": (0.2, 3), "client": (6, 30), "address": (0.05, 6)}

CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = r"^/(api|media)/"
CORS_EXPOSE_HEADERS = ["RateLimit", "RateLimit-Policy", "Retry-After"]

# --- Files -----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
# In development files are found where they lie; collectstatic is for production.
STATIC_ROOT = None if DEVELOPMENT else VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEVELOPMENT
WHITENOISE_MAX_AGE = 7 * 24 * 3600 if not DEVELOPMENT else 60
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
_S3_BUCKET = env.text("S3_BUCKET", "")
STORAGES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "zones.storage.ZoneS3Storage",
            "OPTIONS": {
                "bucket_name": _S3_BUCKET,
                "endpoint_url": env.text("S3_ENDPOINT_URL", "") or None,
                "querystring_expire": 7 * 24 * 3600,
            },
        }
        if _S3_BUCKET
        else {"BACKEND": "zones.storage.ZoneFileSystemStorage"}
    ),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEVELOPMENT
            else "megacity.storage.HashedStaticStorage"
        )
    },
}

# --- Safety ----------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
}
if _CSP_REPORTS := env.text("CSP_REPORT_URI", ""):
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["report-uri"] = [_CSP_REPORTS]
# Nothing of ours asks for these; passkeys and the exam's full screen are for our own pages.
PERMISSIONS_POLICY = {
    **dict.fromkeys(("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "microphone"), "()"),
    **dict.fromkeys(("midi", "payment", "usb", "serial", "hid", "browsing-topics"), "()"),
    **dict.fromkeys(("fullscreen", "publickey-credentials-get", "publickey-credentials-create"), "(self)"),
}
# Whence the consoles may be reached, as networks; where it is empty, from anywhere.
ADMIN_NETWORKS = env.networks("ADMIN_NETWORKS", [])
# Where strangers tell of a hole (RFC 9116): a mailto: or https: address.
SECURITY_CONTACT = env.text("SECURITY_CONTACT", "")
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
# Pages are sent on to HTTPS; the API refuses instead (megacity.guard), and probes ask within the house.
SECURE_SSL_REDIRECT = not DEVELOPMENT
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^health$", r"^health/ready$", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEVELOPMENT
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
# The largest file that may be uploaded to be imported, and what the form around it may add; the server does not read a
# request that announces more.
LARGEST_IMPORT = 100 * 1024 * 1024
UPLOAD_ENVELOPE = 64 * 1024
# The virus scanner that files are shown to before they are kept; none where it is empty.
CLAMD_URL = env.clamd_url()
FILE_UPLOAD_HANDLERS = [
    "megacity.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Calls to others (zones.outgoing) --------------------------------------------------------------------------------
OUTGOING_SCHEMES = ("https", "http") if DEVELOPMENT else ("https",)
OUTGOING_PORTS = frozenset(env.numbers("OUTGOING_PORTS", [443, 80] if DEVELOPMENT else [443]))
# Where it is empty, any public host may be called.
OUTGOING_HOSTS = env.names("OUTGOING_HOSTS", [])
OUTGOING_PROXY = env.text("OUTGOING_PROXY", "")
# An issuer on one's own machine, on any port.
OUTGOING_LOOPBACK = env.only_in_development("OUTGOING_LOOPBACK", DEVELOPMENT)

# --- Words -----------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["megacity.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Seoul"

# Who was erased, by id; outside of the database, for after a restored backup (docs/erasure.md).
ERASURE_LIST = env.text("ERASURE_LIST", str(VAR_DIR / "erasures" / "list.jsonl"))

# --- Observation -----------------------------------------------------------------------------------------------------
PROMETHEUS_EXPORT_MIGRATIONS = False
LOGGING = logging_settings(
    form=env.choice("LOG_FORMAT", "text", tuple(FORMATTERS)),
    level=env.text("LOG_LEVEL", "INFO"),
    syslog=env.text("LOG_SYSLOG", ""),
)

SILENCED_SYSTEM_CHECKS = [
    # The admin's middleware is there: in SURFACE_MIDDLEWARE, which the checks do not read.
    "admin.E408",
    "admin.E409",
    "admin.E410",
    # So is CSRF's, which megacity.E012 looks for; and our own pages may frame our own.
    "security.W003",
    "security.W019",
    # The e-mail is unique: by a constraint on its lower case, which the check does not recognise.
    "auth.W004",
]
