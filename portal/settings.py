"""Settings, in the order a request meets them.

Every deployment difference is an environment variable read here and listed in
.env.example. There is one settings module; tests run on it too.
"""

from datetime import timedelta
from pathlib import Path

from portal.env import (
    clock_span,
    clock_times,
    database,
    env,
    env_bool,
    env_int,
    env_list,
    follower,
    json_object,
    local_field_keys,
    local_keys,
    map_tiles,
    need,
    origin_of,
    retention_days,
)

BASE_DIR = Path(__file__).resolve().parent.parent
PORTAL_ENV = env("PORTAL_ENV", "local")  # local | production
PRODUCTION = PORTAL_ENV == "production"
if PRODUCTION:
    need(
        "PORTAL_VAR",
        "SECRET_KEY",
        "FIELD_KEYS",
        "INDEX_KEY",
        "ALLOWED_HOSTS",
        "PUBLIC_URL",
        "DATABASE_URL",
        "REDIS_URL",
    )
    need("SMS_PROVIDER", "EMAIL_PROVIDER")
PORTAL_VAR = Path(env("PORTAL_VAR", None if PRODUCTION else str(BASE_DIR / "var"))).resolve()

DEBUG = False
MAINTENANCE = env_bool("MAINTENANCE", False)  # the kind page for everybody but operators
OPERATIONS_TOKEN = env("OPERATIONS_TOKEN", "")  # opens /metrics and the details of /readyz from other machines
DEMO_BANNER = not PRODUCTION  # 演示环境, shown while the database carries the demo's marker

# Secrets: given in production, made once in the data folder otherwise.
KEYS_DIR = PORTAL_VAR / "keys"
if PRODUCTION:
    SECRET_KEY = env("SECRET_KEY")
    FIELD_KEYS = dict(part.split(":", 1) for part in env_list("FIELD_KEYS", None))  # id:hex, first is current
    INDEX_KEY = env("INDEX_KEY")  # hex, 32 bytes
else:
    LOCAL = local_keys(KEYS_DIR)
    SECRET_KEY, INDEX_KEY = LOCAL["secret_key"].hex(), LOCAL["index_key"].hex()
    FIELD_KEYS = local_field_keys(KEYS_DIR)  # the newest is current

ALLOWED_HOSTS = env_list(
    "ALLOWED_HOSTS", None if PRODUCTION else "127.0.0.1,localhost,[::1]," + env("HOST", "127.0.0.1")
)
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "supervision",  # our apps, from the outermost to the innermost:
    "projects",  # each may import only from those below it
    "enterprises",
    "accounts",
    "portal",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "guardian",
    "storages",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "portal.middleware.RequestFacts",  # request id and client address, for audit and logs
    "portal.measures.Measured",
    "django.middleware.security.SecurityMiddleware",
    "portal.middleware.SecurityHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",  # for browsers that do not know frame-ancestors
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "portal.middleware.CleanInput",  # after the CSRF check, which has read posted text by then
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.maintenance.Maintenance",  # knows who is signed in; operators may work on
    "accounts.middleware.SessionLimits",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.FirstPassword",
    "accounts.middleware.NewAgreements",
    "accounts.middleware.SecondFactor",
    "portal.home.places.Opened",
    "portal.middleware.ExplainRefusals",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
APPEND_SLASH = True
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_HANDLERS = ["portal.documents.arrivals.Arrivals"]  # hashed while they arrive; a full disk is no crash
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
QUARANTINE_BYTES = env_int("QUARANTINE_BYTES", 5 * 1024**3)  # what drafts of visitors may hold together
TRANSFERS = str(PORTAL_VAR / "transfers") if not PRODUCTION else env("UPLOAD_PARTS", str(PORTAL_VAR / "transfers"))
UPLOADS_A_DAY = env_int("UPLOADS_A_DAY", 5 * 1024**3)  # bytes that one person may send in 24 hours
CLAMD = env("CLAMD", "")  # host:port or /path/to/socket of a ClamAV daemon; without it nothing is called scanned
ACCEL_LOCATION = env(
    "ACCEL_LOCATION", ""
)  # nginx location over the documents, such as /private/; then nginx sends them
S3_DIRECT = env_bool("S3_DIRECT", True)  # browsers send to and fetch from the bucket under signed addresses
FILE_UPLOAD_TEMP_DIR = str(PORTAL_VAR / "tmp") if not PRODUCTION else env("UPLOAD_TMP", str(PORTAL_VAR / "tmp"))

TEMPLATE_LOADERS = [f"django.template.loaders.{kind}.Loader" for kind in ("filesystem", "app_directories")]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("portal.quick.Loader", TEMPLATE_LOADERS)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.home.context.frame",  # menu, counts, names of the platform
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "portal.templatetags.portal"],
        },
    },
]
FORM_RENDERER = "portal.forms.PortalRenderer"

# Data. Web and workers use DATABASE_URL, whose role may not alter the audit trail;
# migrations use DATABASE_OWNER_URL where the two differ. Web processes may share connections by the transaction through
# PgBouncer (POOL_URL); relay and clock need sessions of their own, workers cursors that outlive a statement.
WEB = env("PORTAL_PROCESS", "") == "web"
POOLED = WEB and bool(env("POOL_URL", ""))
DATABASES = {"default": database(env("POOL_URL") if POOLED else env("DATABASE_URL"))}
DATABASES["default"] |= {"CONN_MAX_AGE": env_int("CONN_MAX_AGE", 60), "CONN_HEALTH_CHECKS": True}
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = POOLED
# Measured on lists: cheap random reads, no compilation and no parallel workers for web pages (docs/performance.md).
DATABASES["default"]["OPTIONS"].setdefault(
    "options", "-c random_page_cost=1.1 -c jit=off -c max_parallel_workers_per_gather=0"
)
# A web request that hangs must not hold a connection or a lock; workers, migrations and commands take their time.
if WEB:
    DATABASES["default"]["OPTIONS"]["options"] += (
        f" -c statement_timeout={env_int('STATEMENT_TIMEOUT', 20_000)}"  # milliseconds, as the two below
        f" -c lock_timeout={env_int('LOCK_TIMEOUT', 8_000)}"
        f" -c idle_in_transaction_session_timeout={env_int('IDLE_TIMEOUT', 60_000)}"
    )
SESSION_OPTIONS = DATABASES["default"]["OPTIONS"]["options"]
# a pooler passes none of these on: they stand in its connect_query (deploy/pgbouncer), which portal.fit asks
if POOLED:
    del DATABASES["default"]["OPTIONS"]["options"]
# Questions of every page are planned once a connection; not behind a pool that lends connections by the transaction.
PREPARED_QUESTIONS = env_bool("PREPARED_QUESTIONS", not POOLED)
DATABASES["default"]["TEST"] = {"NAME": env("TEST_DATABASE", "test_portal")}
# Lists and exports are read from a copy that follows, where there is one (portal.replica).
REPLICA_LAG = env_int("REPLICA_LAG", 15)  # seconds; an older copy is not asked. The relay's heartbeat comes every five
REPLICA_PIN = env_int("REPLICA_PIN", 60)  # seconds in which a copy must have what its reader wrote
if env("REPLICA_URL", ""):
    DATABASES["replica"] = follower(env("REPLICA_URL"), DATABASES["default"], SESSION_OPTIONS)
    DATABASE_ROUTERS = ["portal.replica.Router"]
    MIDDLEWARE.insert(MIDDLEWARE.index("portal.maintenance.Maintenance"), "portal.replica.Wrote")
APP_ROLE = env("DATABASE_APP_ROLE", "portal_app")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}}

# People: allauth keeps sign-in, second factor and sessions; guardian keeps grants given by hand.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
LOGIN_URL = "landing"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_RATE_LIMITS = False  # ours count in PostgreSQL (accounts.limits), so a flushed cache resets nothing
ACCOUNT_LOGOUT_REDIRECT_URL = "landing"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_FORMS = {"reauthenticate": "accounts.forms.PasswordAgainForm"}
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"  # seals the secrets
MFA_FORMS = {
    "authenticate": "accounts.forms.SecondFactorForm",
    "reauthenticate": "accounts.forms.SecondFactorAgainForm",
    "activate_totp": "accounts.forms.ActivateSecondFactorForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.EditPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # browsers let a local start use passkeys without https
# Whose accounts must have a second factor: any of station, operator, auditor
SECOND_FACTOR_REQUIRED = env_list("SECOND_FACTOR_REQUIRED", "station,operator,auditor" if PRODUCTION else "")
MFA_TOTP_TOLERANCE = 1  # half a minute early or late; accounts.forms sees to it that no code works twice
MFA_TOTP_ISSUER = env("PLATFORM_NAME", "武汉市智慧建管一体化服务平台")
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.LengthAndClasses"},
    {"NAME": "accounts.passwords.NotPublished"},
    {"NAME": "accounts.passwords.NotPersonal"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
INITIAL_PASSWORD = env("INITIAL_PASSWORD", "Zjwh@123!")  # printed in the guide; opens nothing but its own change
INITIAL_PASSWORD_DAYS = env_int("INITIAL_PASSWORD_DAYS", 30)
ACTIVATION_BY_LINK = env_bool("ACTIVATION_BY_LINK")  # new people get a one-time link by SMS instead
ACTIVATION_HOURS = env_int("ACTIVATION_HOURS", 72)
CODE_LIFETIME = timedelta(minutes=5)
RECOVERY_WAIT = timedelta(hours=env_int("RECOVERY_WAIT_HOURS", 72))  # in which a change of phone can be stopped

SESSION_ENGINE = "portal.sessions"  # Django's own in the database, read by a question that is written once
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE = {"staff": 15 * 60, "other": 30 * 60}  # seconds
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS, SECURE_HSTS_INCLUDE_SUBDOMAINS, SECURE_HSTS_PRELOAD = 31_536_000, True, True
    SECURE_SSL_REDIRECT = env_bool("SSL_REDIRECT", True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXY_COUNT = env_int("TRUSTED_PROXY_COUNT", 1 if PRODUCTION else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Tiles under the map of a site, of one's own server or an allowed one: /tiles/{z}/{x}/{y}.png or https://…; CGCS2000
MAP_TILES_URL = map_tiles(env("MAP_TILES_URL", ""))
# Where browsers send files to a bucket: https://bucket.host if its name stands in the host
S3_ORIGIN = origin_of(env("S3_ORIGIN", env("S3_ENDPOINT", ""))) if env("S3_BUCKET", "") else ""
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'{S3_ORIGIN}; "
    "form-action 'self'; img-src 'self' data: blob:" + origin_of(MAP_TILES_URL) + "; "
    "base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)

# Words. The message ids are Chinese; only a person's own choice changes the language.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]  # English joins when its catalogue is complete
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
PLATFORM_NAME = env("PLATFORM_NAME", "武汉市智慧建管一体化服务平台")
PLATFORM_SHORT_NAME = env("PLATFORM_SHORT_NAME", "智慧建管")
PLATFORM_CITY = env("PLATFORM_CITY", "武汉市")
AUTHORITY_NAME = env("AUTHORITY_NAME", "")
SUPPORT_CONTACT = env("SUPPORT_CONTACT", "")  # a service line, shown where people need help
RECORD_NUMBERS = env_list("RECORD_NUMBERS")  # ICP and police record numbers of the footer
PUBLIC_URL = env("PUBLIC_URL", None if PRODUCTION else f"http://{env('HOST', '127.0.0.1')}:{env('PORT', '8000')}")

# Files: private, and served only through a view that asks who is looking.
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PORTAL_VAR / "documents"},
    },
    "staticfiles": {"BACKEND": "portal.static_files.HashedStaticFiles"},
}
if env("S3_BUCKET", ""):
    from botocore.config import Config

    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env("S3_BUCKET"),
            "endpoint_url": env("S3_ENDPOINT", "") or None,
            "access_key": env("S3_ACCESS_KEY"),
            "secret_key": env("S3_SECRET_KEY"),
            "region_name": env("S3_REGION", "") or None,
            "querystring_auth": True,
            "default_acl": None,
            "file_overwrite": False,
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": env("S3_ADDRESSING", "auto")},
                connect_timeout=2,
                read_timeout=5,
                retries={"max_attempts": 1},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        },
    }
STATIC_URL = "/static/"
STATIC_ROOT = PORTAL_VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

# Messages. The built-in provider keeps what it would have sent in a tray at /dev/outbox/.
TRAY = "portal.notifications.providers.Tray"
SMS_PROVIDER = env("SMS_PROVIDER", None if PRODUCTION else TRAY)
EMAIL_PROVIDER = env("EMAIL_PROVIDER", None if PRODUCTION else TRAY)
TRAY_KEY = env("TRAY_KEY", "")  # needed to open the tray from another address than loopback
QUIET_HOURS = clock_span(env("QUIET_HOURS", "22:00-07:30" if PRODUCTION else ""))  # no texts but codes and security
DIGEST_TIMES = clock_times(env("DIGEST_TIMES", "08:30,13:30"))  # when officers get their e-mails, gathered
SMS_A_DAY = env_int("SMS_A_DAY", 30)  # to one number, codes included; the rest waits for the next day
SMS_BUDGET = env_int("SMS_BUDGET", 20_000)  # a day in all; at 80 % only codes and security go on, at 100 % nothing
SMS_SIGN = env("SMS_SIGN", "")  # the signature approved by the provider, without brackets
SMS_TEMPLATES = json_object(env("SMS_TEMPLATES", "{}"))  # event or "*": {"code": …, "values": [names, in order]}
ALIYUN = {
    "endpoint": env("ALIYUN_SMS_ENDPOINT", "https://dysmsapi.aliyuncs.com"),
    "key_id": env("ALIYUN_ACCESS_KEY_ID", ""),
    "secret": env("ALIYUN_ACCESS_KEY_SECRET", ""),
}
TENCENT = {
    "endpoint": env("TENCENT_SMS_ENDPOINT", "https://sms.tencentcloudapi.com"),
    "key_id": env("TENCENT_SECRET_ID", ""),
    "secret": env("TENCENT_SECRET_KEY", ""),
    "region": env("TENCENT_SMS_REGION", "ap-guangzhou"),
    "app": env("TENCENT_SMS_APP_ID", ""),
}
EMAIL_HOST, EMAIL_PORT = env("EMAIL_HOST", "127.0.0.1"), env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env("EMAIL_USER", ""), env("EMAIL_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = env_bool("EMAIL_STARTTLS"), env_bool("EMAIL_SSL")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", "noreply@localhost")
LIVE_SECONDS = env_int("LIVE_SECONDS", 20)  # between two looks of an open page for news

# Feeds: permits and awards from outside (docs/feeds.md). Without an address only files are imported.
FEED_SOURCES = {
    "permits": (env("PERMIT_FEED_URL", ""), env("PERMIT_FEED_TOKEN", "")),
    "awards": (env("AWARD_FEED_URL", ""), env("AWARD_FEED_TOKEN", "")),
}
FEED_EVERY = env_int("FEED_EVERY", 600)  # seconds between two looks at a source
FEED_TIMEOUT = env_int("FEED_TIMEOUT", 20)  # seconds that a source may be silent
FEED_PRIVATE_NETWORK = env_bool("FEED_PRIVATE_NETWORK", not PRODUCTION)  # sources inside our own network
APPROVALS_A_DAY = env_int("APPROVALS_A_DAY", 20)  # project users one account approves before a code is asked for
EXPORT_ROWS = env_int("EXPORT_ROWS", 100_000)  # rows of one Excel export

# How long personal data stay, in days (docs/operations.md). The first three are promised in the agreements: thirty.
RETENTION_DAYS = retention_days(
    env_list("RETENTION_DAYS"),
    {
        "closed_accounts": 29,
        "refused_files": 29,
        "refused_newcomers": 29,
        "ended_files": 180,
        "left_member_files": 180,
        "consents": 1095,
        "data_requests": 1095,
        "deliveries": 180,
        "messages": 1095,
    },
)
PURGE_NIGHTLY = env_bool("PURGE_NIGHTLY", True)

# Backups by the worker (docs/operations.md); without a folder somebody else makes them, and the alarm still looks.
BACKUP_TO = env("BACKUP_TO", "")
BACKUP_AT = clock_times(env("BACKUP_AT", "01:30"))
BACKUP_KEEP_DAYS = env_int("BACKUP_KEEP_DAYS", 14)
BACKUP_ALARM_HOURS = env_int("BACKUP_ALARM_HOURS", 26 if PRODUCTION or BACKUP_TO else 0)  # 0: no alarm

# Work after the response. The tables are the queue; a relay nudges, these ticks are the guarantee.
CELERY_BROKER_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "portal.beat:OneOfAll"
# Seconds, or the moments of a crontab (portal.beat makes them: a web process holds nothing of Celery).
CELERY_BEAT_SCHEDULE: dict[str, dict] = {
    "clear-sessions": {"task": "portal.clear_sessions", "schedule": 3600},
    "housekeeping": {"task": "portal.housekeeping", "schedule": 3600},
    "back-up": {"task": "portal.back_up", "schedule": 600},
    "send-digests": {"task": "portal.send_digests", "schedule": 60},
    "clear-uploads": {"task": "portal.clear_uploads", "schedule": 3600},
    "tidy-enterprises": {"task": "enterprises.tidy", "schedule": 3600},
    "finish-tickets": {"task": "accounts.finish_tickets", "schedule": 600},
    "tidy-accounts": {"task": "accounts.tidy", "schedule": 3600},
    "check-audit": {"task": "portal.check_audit_nightly", "schedule": {"hour": 3, "minute": 20}},
    "purge": {"task": "portal.purge", "schedule": {"hour": 2, "minute": 40}},
    "remind-approvers": {"task": "projects.remind_approvers", "schedule": 3600},
    "make-parts": {"task": "portal.make_parts", "schedule": {"hour": 4, "minute": 10}},
    # people are told during the day, by the clock of CELERY_TIMEZONE
    "watch-clocks": {"task": "supervision.watch_clocks", "schedule": {"minute": 5, "hour": "8-18"}},
    "check-calendar": {"task": "portal.check_calendar", "schedule": {"minute": 35, "hour": 9}},
    "run-feeds": {"task": "projects.run_feeds", "schedule": 60},
    "follow-permits": {"task": "supervision.follow_permits", "schedule": 60},
    "hand-on-after-posts": {"task": "supervision.hand_on_after_posts", "schedule": 300},
    "answer-withdrawals": {"task": "supervision.answer_withdrawals", "schedule": 3600},
}
# Looked for every few seconds (portal.relay).
RELAY_SWEEP = [
    "portal.check_documents",
    "portal.deliver",
    "portal.make_exports",
    "accounts.make_data_copies",
    "portal.seal_audit",
    "portal.check_audit",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"facts": {"()": "portal.logs.Facts"}},
    "formatters": {"json": {"()": "portal.logs.JsonLines"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["facts"]}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "pikepdf": {"level": "WARNING"},  # it greets every process
    },
}
