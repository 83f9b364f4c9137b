import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_PROCESS", "web")  # settings give web requests short timeouts

application = get_wsgi_application()

from portal.fit import refuse_unfit  # noqa: E402  (it needs the models, which are there now)

refuse_unfit()
