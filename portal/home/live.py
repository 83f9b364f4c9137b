"""What an open page asks for again and again: is there anything new for whoever is signed in?

One query over one account's messages. Whatever happens to a filing, a review or an application tells those it
concerns, so their messages are the sign that their lists and pages are out of date as well.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.views.decorators.http import require_safe

from accounts.models import User
from portal.home.context import news, stamp_of, who


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The counts, and a stamp that changes with anything new; 304 while it has not changed."""
    asked = news()
    seen = User.objects.filter(pk=who(request).pk).annotate(**asked).values(*asked).get()
    etag = f'"{stamp_of(seen)}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        counts = {"unread": seen["unread"], **(seen["asked"] or {})}
        response = JsonResponse({"stamp": etag.strip('"'), "counts": counts, "seconds": settings.LIVE_SECONDS})
    response["ETag"] = etag
    return response
