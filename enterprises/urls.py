"""Addresses of 企业注册, 平台管理 and of a person's invitations."""

from django.urls import URLPattern, URLResolver, include, path

from enterprises.views import administrators, belonging, management, members, registration, roster, standing

# /register/enterprise/
register = [
    path("", registration.register, name="register"),
    path("<int:step>/", registration.register_step, name="register-step"),
    path("<int:step>/keep/", registration.register_keep, name="register-keep"),
    path("check/", registration.register_check, name="register-check"),
    path("exists/", registration.register_exists, name="register-exists"),
    path("files/<slug:field>/", registration.register_file, name="register-file"),
    path("letter/", registration.register_letter, name="register-letter"),
    path("cancel/", registration.register_cancel, name="register-cancel"),
    path("done/", registration.register_done, name="register-done"),
]

# /platform/enterprises/<pk>/users/<member>/
member = [
    path("added/", members.member_added, name="member-added"),
    path("edit/", members.member_edit, name="member-edit"),
    path("systems/", members.member_systems, name="member-systems"),
    path("delete/", members.member_delete, name="member-delete"),
    path("reset/", members.member_reset, name="member-reset"),
    path("<slug:move>/", members.member_state, name="member-state"),
]

# /platform/enterprises/<pk>/
enterprise: list[URLPattern | URLResolver] = [
    path("", management.enterprise_detail, name="detail"),
    path("rename/", standing.rename, name="rename"),
    path("rename/file/", standing.rename_file, name="rename-file"),
    path("administrators/", administrators.administrators, name="administrators"),
    path("administrators/add/", administrators.administrator_add, name="administrator-add"),
    path("administrators/<uuid:member>/remove/", administrators.administrator_remove, name="administrator-remove"),
    path("agent/", administrators.agent, name="agent"),
    path("agent/<uuid:change>/withdraw/", administrators.agent_withdraw, name="agent-withdraw"),
    path("systems/", management.system_list, name="systems"),
    path("systems/add/", management.system_add, name="system-add"),
    path("systems/<int:grant>/revoke/", management.system_revoke, name="system-revoke"),
    path("users/", members.member_list, name="members"),
    path("users/new/", members.member_add, name="member-add"),
    path("users/new/keep/", members.member_keep, name="member-keep"),
    path("users/new/files/<slug:field>/", members.member_file, name="member-file"),
    path("users/import/", roster.roster, name="roster"),
    path("users/import/template/", roster.roster_template, name="roster-template"),
    path("users/import/preview/", roster.roster_preview, name="roster-preview"),
    path("users/import/wrong/", roster.roster_wrong, name="roster-wrong"),
    path("users/requests/<uuid:asked>/", belonging.admit_asked, name="request-admit"),
    path("users/requests/<uuid:asked>/dismiss/", members.request_dismiss, name="request-dismiss"),
    path("users/<uuid:member>/", include(member)),
    path("log/", management.log, name="log"),
]

own: list[URLPattern | URLResolver] = [
    path("register/enterprise/", include(register)),
    path("platform/enterprises/", management.enterprise_list, name="list"),
    path("platform/enterprises/<uuid:pk>/", include(enterprise)),
    path("console/enterprises/", standing.console, name="console"),
    path("console/enterprises/<uuid:pk>/suspend/", standing.suspend, name="suspend"),
    path("console/enterprises/<uuid:pk>/verify/", standing.verify, name="verify"),
    path("console/enterprises/<uuid:pk>/restore/", standing.restore, name="restore"),
    path("console/enterprises/<uuid:pk>/agent/", standing.agent_history, name="agent-history"),
    path("enterprises/find/", management.find, name="find"),
    path("enterprises/join/", belonging.join, name="join"),
    path("invitations/requests/<uuid:pk>/withdraw/", belonging.withdraw, name="join-withdraw"),
    path("invitations/", members.invitations, name="invitations"),
    path("invitations/agent/<uuid:pk>/<slug:move>/", administrators.agency_answer, name="agency-answer"),
    path("invitations/<uuid:pk>/<slug:move>/", members.invitation_answer, name="invitation-answer"),
]

urlpatterns = [path("", include((own, "enterprises")))]
