"""/dev/…"""

from django.urls import path

from portal.notifications import views

urlpatterns = [path("outbox/", views.tray, name="tray")]
