"""Addresses of 项目报监: the applicant's under /filing/, the stations' under /review/, the operator's /console/, the public check of receipts."""

from django.urls import include, path

from supervision.urls.verify import urlpatterns as verify_urls

urlpatterns = [
    path("filing/", include(("supervision.urls.filing", "filing"))),
    path("review/", include(("supervision.urls.review", "review"))),
    path("console/", include(("supervision.urls.console", "console"))),
    *verify_urls,
]
