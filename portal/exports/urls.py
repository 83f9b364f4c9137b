"""/exports/: 我的导出."""

from django.urls import path

from portal.exports import views

app_name = "exports"

urlpatterns = [
    path("", views.export_list, name="list"),
    path("new/", views.export_start, name="start"),
    path("<uuid:pk>/", views.export_file, name="file"),
]
