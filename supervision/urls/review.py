"""/review/: the stations' side."""

from django.urls import include, path

from supervision.views.review import changes, deciding, desk, inbox, items

one = [
    path("", desk.review_detail, name="detail"),
    path("accept/", desk.review_accept, name="accept"),
    path("assign/", deciding.review_assign, name="assign"),
    path("reveal/<str:place>/<str:field>/", desk.review_reveal, name="reveal"),
    path("items/add/", items.item_add, name="item-add"),
    path("items/<uuid:item>/", items.item_edit, name="item-edit"),
    path("items/<uuid:item>/drop/", items.item_drop, name="item-drop"),
    path("decide/", deciding.review_decide, name="decide"),
]

change = [
    path("", changes.change_review, name="change"),
    path("reveal/<slug:field>/", changes.change_reveal, name="change-reveal"),
    path("decide/<slug:role>/", changes.change_decide, name="change-decide"),
]

urlpatterns = [
    path("changes/", changes.change_list, name="changes"),
    path("changes/<uuid:pk>/", include(change)),
    path("acting/<uuid:pk>/", changes.acting_note, name="acting"),
    path("", inbox.review_list, name="list"),
    path("<uuid:pk>/", include(one)),
]
