"""/review/: the stations' side."""

from django.urls import path

from supervision.views import detail

urlpatterns = [path("<uuid:pk>/", detail.review_detail, name="detail")]
