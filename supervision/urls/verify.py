"""/verify/<code>/: anyone may check a receipt. The name stands at the top level."""

from django.urls import path

from supervision.views import receipt

urlpatterns = [path("verify/<str:code>/", receipt.receipt_verify, name="receipt-verify")]
