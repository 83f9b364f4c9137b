"""A plain Django project as a web server runs it: session, messages, one query, one template. The floor of bench.memory."""

import os
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

URL = urlsplit(os.environ["DATABASE_URL"])  # by itself: nothing of the portal may be in this process
HOST = dict(parse_qsl(URL.query)).get("host") or URL.hostname or ""
DATABASE = {"ENGINE": "django.db.backends.postgresql", "NAME": URL.path[1:], "USER": URL.username or "", "HOST": HOST}
DATABASE |= {"PASSWORD": URL.password or "", "PORT": str(URL.port or ""), "CONN_MAX_AGE": 60}
PAGE = "<!doctype html><title>{{ title }}</title><table>{% for row in rows %}<tr><td>{{ row.app_label }}<td>{{ row.model }}{% endfor %}</table>"

settings.configure(
    SECRET_KEY="floor", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, DEBUG=False, USE_TZ=True,
    DATABASES={"default": DATABASE},
    INSTALLED_APPS=[f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {
        "loaders": [("django.template.loaders.locmem.Loader", {"page.html": PAGE})],
        "context_processors": ["django.template.context_processors.request", "django.contrib.messages.context_processors.messages"],
    }}],
)  # fmt: skip

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()

from django.contrib import admin  # noqa: E402
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402


def page(request: HttpRequest) -> HttpResponse:
    request.session.get("nothing")
    return render(request, "page.html", {"title": "floor", "rows": ContentType.objects.order_by("pk")[:10]})


urlpatterns = [path("admin/", admin.site.urls), path("", page)]
