"""/lists/: what a person makes of a list."""

from django.urls import path

from portal.lists import views

app_name = "lists"

urlpatterns = [
    path("<slug:code>/columns/", views.columns, name="columns"),
    path("<slug:code>/views/", views.saved_views, name="views"),
    path("<slug:code>/views/<uuid:pk>/rename/", views.view_rename, name="view-rename"),
    path("<slug:code>/views/<uuid:pk>/default/", views.view_default, name="view-default"),
    path("<slug:code>/views/<uuid:pk>/delete/", views.view_delete, name="view-delete"),
]
