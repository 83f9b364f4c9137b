"""/filing/: lists, the editor, and the life of a filing."""

from django.urls import include, path

from supervision.views import corrections, detail, receipt, submit

life = [
    path("", detail.filing_detail, name="detail"),
    path("submit/", submit.filing_submit, name="submit"),
    path("done/", submit.filing_done, name="done"),
    path("withdraw/", submit.filing_withdraw, name="withdraw"),
    path("supplement/", submit.filing_supplement, name="supplement"),
    path("corrections/", corrections.filing_correct, name="correct"),
    path("resubmit/", corrections.filing_resubmit, name="resubmit"),
    path("receipt.pdf", receipt.filing_receipt, name="receipt"),
]

urlpatterns = [path("<uuid:pk>/", include(life))]
