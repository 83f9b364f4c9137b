"""Addresses of one's own account and of recovery. Second-factor pages are allauth's, under the names it knows."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.privacy import views as privacy
from accounts.views import agreements, console, devices, own, recovery

# /recover/
recover = [
    path("", own.recover, name="recover"),
    path("password/", own.recover_password, name="recover-password"),
    path("phone/", recovery.phone, name="recover-phone"),
    path("phone/change/", recovery.change, name="recover-phone-change"),
    path("phone/codes/", recovery.change_codes, name="recover-phone-codes"),
    path("apply/<slug:kind>/", recovery.apply, name="recover-apply"),
    path("files/<slug:field>/", recovery.file, name="recover-file"),
    path("ticket/", recovery.ticket, name="recover-ticket"),
    path("ticket/<str:number>/stop/", recovery.ticket_stop_by_code, name="recover-ticket-stop"),
]

# /account/
account = [
    path("", own.account, name="account"),
    path("show/<slug:field>/", own.account_reveal, name="account-reveal"),
    path("password/", own.account_password, name="account-password"),
    path("phone/", recovery.own_phone, name="account-phone"),
    path("devices/", devices.devices, name="devices"),
    path("devices/end/", devices.devices_end, name="devices-end"),
    path("devices/<int:pk>/end/", devices.device_end, name="device-end"),
    path("log/", devices.log, name="sign-ins"),
    path("left/", devices.time_left, name="time-left"),
    path("stay/", devices.stay_signed_in, name="stay"),
    path("tickets/<uuid:pk>/stop/", recovery.ticket_stop, name="ticket-stop"),
    path("data/", privacy.data, name="data"),
    path("data/copies/", privacy.copy_start, name="data-copy-start"),
    path("data/copies/<uuid:pk>/", privacy.copy_file, name="data-copy"),
    path("data/requests/<uuid:pk>/withdraw/", privacy.data_request_withdraw, name="data-request-withdraw"),
    path("data/requests/<slug:kind>/", privacy.data_request, name="data-request"),
    path("data/requests/<slug:kind>/file/", privacy.data_request_file, name="data-request-file"),
]

# Operators
operators = [
    path("tickets/", console.tickets, name="tickets"),
    path("tickets/<uuid:pk>/", console.ticket, name="ticket"),
    path("tickets/<uuid:pk>/show/<slug:field>/", console.ticket_reveal, name="ticket-reveal"),
    path("tickets/<uuid:pk>/<slug:name>/", console.ticket_move, name="ticket-move"),
    path("data-requests/", privacy.queue, name="data-requests"),
    path("data-requests/<uuid:pk>/", privacy.request_page, name="data-request-page"),
    path("data-requests/<uuid:pk>/show/<slug:field>/", privacy.request_reveal, name="data-request-reveal"),
    path("data-requests/<uuid:pk>/grant/", privacy.request_grant, name="data-request-grant"),
    path("data-requests/<uuid:pk>/decline/", privacy.request_decline, name="data-request-decline"),
    path("agreements/", agreements.console_list, name="agreements-console"),
    path("agreements/new/", agreements.new, name="agreement-new"),
    path("agreements/<int:pk>/withdraw/", agreements.withdraw, name="agreement-withdraw"),
    path("locks/", console.locks, name="locks"),
    path("locks/<int:pk>/lift/", console.lock_lift, name="lock-lift"),
]

pages: list[URLPattern | URLResolver] = [
    path("signout/", own.signout, name="signout"),
    path("agreements/", agreements.texts, name="agreements"),
    path("agreements/<int:pk>/", agreements.text, name="agreement"),
    path("agree/", agreements.agree, name="agree"),
    path("agree/refuse/", agreements.refuse, name="agree-refuse"),
    path("first-password/", own.first_password, name="first-password"),
    path("recover/", include(recover)),
    path("codes/", own.send_code_by_script, name="send-code"),
    path("codes/question/", own.code_question, name="code-question"),
    path("account/", include(account)),
    path("console/", include(operators)),
    path("activate/<str:token>/", own.activate_account, name="activate"),
    path("operator/<str:token>/", own.operator, name="operator"),
]

urlpatterns = [
    path("", include((pages, "accounts"))),
    path("account/2fa/", own.second_factor, name="mfa_index"),
    path("account/2fa/", include("allauth.mfa.urls")),
    # The names by which allauth finds its pages; ours do the work.
    path("account/signin/", own.to_landing, name="account_login"),
    path("account/confirm/", own.reauthenticate, name="account_reauthenticate"),
    path("signout/", own.signout, name="account_logout"),
]
