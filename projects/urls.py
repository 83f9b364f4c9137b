"""Addresses of 项目用户注册, 我的项目 and 项目管理."""

from django.urls import URLPattern, URLResolver, include, path

from projects.views import (
    acting,
    approvals,
    confirming,
    delegating,
    feeds,
    handover,
    own,
    parts,
    registration,
    standstill,
    status,
)

# /register/project-user/
register = [
    path("", registration.register, name="user-register"),
    path("details/", registration.details, name="user-register-step"),
    path("keep/", registration.keep, name="user-register-keep"),
    path("files/<slug:field>/", registration.upload, name="user-register-file"),
    path("found/<slug:what>/", registration.found, name="found"),
    path("letter/", registration.letter, name="letter"),
    path("known/", registration.known, name="user-register-known"),
    path("cancel/", registration.cancel, name="user-register-cancel"),
    path("done/", registration.done, name="user-register-done"),
    path("status/", status.status, name="status"),
    path("status/result/", status.status_result, name="status-result"),
]

# /projects/approvals/
approval = [
    path("", approvals.approvals, name="approvals"),
    path("approve/", approvals.approve_several, name="approve-several"),
    path("approved/", approvals.approved_several, name="approved-several"),
    path("confirm/", confirming.confirm, name="approvals-confirm"),
    path("<uuid:pk>/", approvals.approval, name="approval"),
    path("<uuid:pk>/approve/", approvals.approve, name="approve"),
    path("<uuid:pk>/reject/", approvals.reject, name="reject"),
    path("<uuid:pk>/end/", approvals.end, name="end"),
    path("<uuid:pk>/show/<slug:field>/", approvals.reveal_number, name="reveal"),
]

# /projects/applications/
application = [
    path("", own.applications, name="applications"),
    path("<uuid:pk>/", own.application, name="application"),
    path("<uuid:pk>/files/<slug:field>/", own.application_file, name="application-file"),
    path("<uuid:pk>/nudge/", own.nudge, name="nudge"),
    path("<uuid:pk>/withdraw/", own.withdraw, name="withdraw"),
    path("<uuid:pk>/leave/", own.leave, name="leave"),
]

# /console/feeds/, for operators
console = [
    path("", feeds.feeds, name="feeds"),
    path("runs/<uuid:pk>/", feeds.run, name="feed-run"),
    path("runs/<uuid:pk>/release/", feeds.release, name="feed-release"),
    path("runs/<uuid:pk>/drop/", feeds.drop, name="feed-drop"),
    path("rows/<uuid:pk>/drop/", feeds.row_drop, name="feed-row-drop"),
    path("<slug:feed>/run/", feeds.request, name="feed-request"),
    path("<slug:feed>/import/", feeds.file_import, name="feed-import"),
    path("<slug:feed>/template/", feeds.template, name="feed-template"),
]

# /console/handovers/, for operators
handovers = [
    path("", handover.handovers, name="handovers"),
    path("<uuid:pk>/", handover.handover_page, name="handover"),
    path("<uuid:pk>/<slug:move>/", handover.handover_move, name="handover-move"),
]

# /projects/acting/
standing_in = [
    path("", acting.acting_list, name="acting-list"),
    path("<uuid:party>/", acting.acting, name="acting"),
    path("<uuid:party>/end/", acting.acting_end, name="acting-end"),
]

own_pages: list[URLPattern | URLResolver] = [
    path("register/project-user/", include(register)),
    path("projects/", own.project_list, name="list"),
    path("projects/join/", own.join, name="join"),
    path("projects/join/files/<slug:field>/", own.join_file, name="join-file"),
    path("projects/applications/", include(application)),
    path("projects/approvals/", include(approval)),
    path("console/feeds/", include(console)),
    path("console/handovers/", include(handovers)),
    path("console/enterprises/<uuid:pk>/handover/", handover.handover_new, name="handover-new"),
    path("projects/acting/", include(standing_in)),
    path("projects/<uuid:pk>/", own.project_detail, name="detail"),
    path("projects/<uuid:pk>/delegation/", delegating.delegation, name="delegation"),
    path("projects/<uuid:pk>/delegation/<int:grant>/end/", delegating.delegation_end, name="delegation-end"),
    path("projects/<uuid:pk>/parts/", parts.parts, name="parts"),
    path("projects/<uuid:pk>/standstill/", standstill.standstill, name="standstill"),
]

urlpatterns = [path("", include((own_pages, "projects")))]
