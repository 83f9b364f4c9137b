"""A form with an ID photo and attachments, to try the way in and the way out without any app."""

from django import forms
from django.http import HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

from portal.documents.forms import DocumentField
from portal.documents.kinds import kind_of
from portal.documents.models import Document
from portal.documents.views import receive, take_uploads
from portal.forms import PortalForm, posted

handler400 = "portal.errors.bad_request"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"

HEAD = (
    '<!DOCTYPE html><title>x</title><link rel="stylesheet" href="{% static "portal.css" %}">'
    '<script type="module" src="{% static "js/portal.js" %}"></script>'
)
PAGE = (
    HEAD
    + '<form method="post" enctype="multipart/form-data">{% csrf_token %}{{ form.photo.as_field_group }}{{ form.name }}<button id="send">提交</button></form>'
)


def frame(request):
    platform = {
        "name": "平台",
        "short_name": "平台",
        "city": "",
        "authority": "",
        "support_contact": "",
        "record_numbers": [],
    }
    person = {"name": "", "sub": "", "url": ""}
    return {"platform": platform, "person": person, "menu": [], "unread": 0, "text_size": "", "demo_banner": False}


class PhotoForm(PortalForm):
    name = forms.CharField()
    photo = DocumentField("test_photo", url="/photo/")


def photo(request):
    return receive(request, kind="test_photo", holder=request.user, by=request.user) or HttpResponse("plain")


def papers(request):
    return receive(request, kind="test_papers", holder=request.user, by=request.user) or HttpResponse("plain")


def many(request):
    """The component by itself, as a checklist of attachments shows it."""
    kind = kind_of("test_papers")
    held = Document.objects.held_by(request.user, kind)
    text = (
        HEAD
        + '<form method="post">{% csrf_token %}{% include "components/upload.html" with name="papers" rule=True %}</form>'
    )
    words = {"kind": kind, "documents": held, "url": "/papers/", "attrs": {}, "template": ""}
    return HttpResponse(Template(text).render(RequestContext(request, words)))


def page(request):
    form = PhotoForm(**posted(request))
    take_uploads(request, form, request.user, {"photo": "test_photo"}, by=request.user)
    if form.is_valid():
        return HttpResponse("done " + " ".join(document.name for document in form.cleaned_data["photo"]))
    return HttpResponse(Template(PAGE).render(RequestContext(request, {"form": form})))


urlpatterns = [
    path("photo/", photo),
    path("papers/", papers),
    path("page/", page),
    path("many/", many),
    path("", lambda request: HttpResponse(), name="landing"),
    path("documents/", include("portal.documents.urls")),
]
