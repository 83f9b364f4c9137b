"""Addresses of one's own account. Second-factor pages are allauth's, under the names it knows."""

from django.urls import include, path

from accounts import views
from accounts.privacy import views as privacy

own = [
    path("signout/", views.signout, name="signout"),
    path("first-password/", views.first_password, name="first-password"),
    path("recover/", views.recover, name="recover"),
    path("recover/password/", views.recover_password, name="recover-password"),
    path("codes/", views.send_code_by_script, name="send-code"),
    path("codes/question/", views.code_question, name="code-question"),
    path("account/", views.account, name="account"),
    path("account/show/<slug:field>/", views.account_reveal, name="account-reveal"),
    path("account/password/", views.account_password, name="account-password"),
    path("account/data/", privacy.data, name="data"),
    path("account/data/copies/", privacy.copy_start, name="data-copy-start"),
    path("account/data/copies/<uuid:pk>/", privacy.copy_file, name="data-copy"),
    path("account/data/requests/<uuid:pk>/withdraw/", privacy.data_request_withdraw, name="data-request-withdraw"),
    path("account/data/requests/<slug:kind>/", privacy.data_request, name="data-request"),
    path("account/data/requests/<slug:kind>/file/", privacy.data_request_file, name="data-request-file"),
    path("console/data-requests/", privacy.queue, name="data-requests"),
    path("console/data-requests/<uuid:pk>/", privacy.request_page, name="data-request-page"),
    path("console/data-requests/<uuid:pk>/show/<slug:field>/", privacy.request_reveal, name="data-request-reveal"),
    path("console/data-requests/<uuid:pk>/grant/", privacy.request_grant, name="data-request-grant"),
    path("console/data-requests/<uuid:pk>/decline/", privacy.request_decline, name="data-request-decline"),
    path("operator/<str:token>/", views.operator, name="operator"),
]

urlpatterns = [
    path("", include((own, "accounts"))),
    path("account/2fa/", include("allauth.mfa.urls")),
    # The names by which allauth finds its pages; ours do the work.
    path("account/signin/", views.to_landing, name="account_login"),
    path("account/confirm/", views.reauthenticate, name="account_reauthenticate"),
    path("signout/", views.signout, name="account_logout"),
]
