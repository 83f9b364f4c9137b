"""Every address of the portal. Each app keeps its own list; this page joins them."""

from django.contrib import admin
from django.urls import include, path

from portal.home import live, places, wishes
from portal.home import views as home

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"

urlpatterns = [
    path("", home.landing, name="landing"),
    path("register/", home.register, name="register"),
    path("home/", home.home, name="home"),
    path("workbench/", home.workbench, name="workbench"),
    path("switch/", places.switch, name="switch"),
    path("recent/", places.recent, name="recent"),
    path("apps/", home.apps, name="apps"),
    path("apps/<slug:code>/", home.app, name="app"),
    path("messages/", home.messages, name="messages"),
    path("messages/read/", home.messages_read, name="messages-read"),
    path("messages/settings/", wishes.message_settings, name="message-settings"),
    path("live/", live.live, name="live"),
    path("messages/<uuid:pk>/", home.message_open, name="message-open"),
    path("notices/", home.notices, name="notices"),
    path("notices/<uuid:pk>/", home.notice, name="notice"),
    path("notices/<uuid:pk>/hide/", home.notice_hide, name="notice-hide"),
    path("text-size/", home.text_size, name="text-size"),
    path("healthz", home.healthz, name="healthz"),
    path("", include("portal.console.urls")),
    path("", include("accounts.urls")),
    path("", include("enterprises.urls")),
    path("", include("projects.urls")),
    path("", include("supervision.urls")),
    path("documents/", include("portal.documents.urls")),
    path("exports/", include("portal.exports.urls")),
    path("lists/", include("portal.lists.urls")),
    path("dev/", include("portal.notifications.urls")),
    path("dictionaries/", admin.site.urls),
]
