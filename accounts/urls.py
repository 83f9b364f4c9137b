"""Addresses of one's own account. Second-factor pages are allauth's, under the names it knows."""

from django.urls import include, path

from accounts import views

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
