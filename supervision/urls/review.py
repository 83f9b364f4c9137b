"""/review/: the stations' side."""

from django.urls import include, path

from supervision.views.review import absence, bulk, changes, checks, deciding, desk, inbox, items, letters, steps

one = [
    path("", desk.review_detail, name="detail"),
    path("accept/", desk.review_accept, name="accept"),
    path("assign/", deciding.review_assign, name="assign"),
    path("reveal/<str:place>/<str:field>/", desk.review_reveal, name="reveal"),
    path("officers/<int:nth>/reveal/", desk.officer_reveal, name="reveal-officer"),
    path("look/", desk.review_look, name="look"),
    path("points/", checks.review_points, name="points"),
    path("letters/", letters.review_letters, name="letters"),
    path("items/add/", items.item_add, name="item-add"),
    path("items/<uuid:item>/", items.item_edit, name="item-edit"),
    path("items/<uuid:item>/drop/", items.item_drop, name="item-drop"),
    path("items/<uuid:item>/agree/", steps.item_agree, name="item-agree"),
    path("decide/", deciding.review_decide, name="decide"),
    path("decide/draft/", deciding.review_draft, name="draft"),
    path("claim/", steps.review_claim, name="claim"),
    *(path(f"{code}/", steps.review_step, {"code": code}, name=code) for code in steps.STEPS),
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
    path("several/", bulk.review_bulk, name="bulk"),
    path("absence/", absence.absence, name="absence"),
    path("absence/<uuid:pk>/end/", absence.absence_end, name="absence-end"),
    path("phrases/", checks.phrases, name="phrases"),
    path("phrases/<uuid:pk>/", checks.phrase_edit, name="phrase"),
    path("phrases/<uuid:pk>/drop/", checks.phrase_drop, name="phrase-drop"),
    path("ties/", absence.ties, name="ties"),
    path("ties/<uuid:pk>/end/", absence.tie_end, name="tie-end"),
    path("<uuid:pk>/", include(one)),
]
