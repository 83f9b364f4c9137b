"""How the web server runs behind nginx: python -m gunicorn -c portal/gunicorn.py portal.wsgi:application.

WEB_BIND, WEB_PROCESSES and WEB_THREADS are the only choices; the rest was measured (docs/performance.md) or follows
from what the portal promises.
"""

import os

os.environ.setdefault(
    "PORTAL_PROCESS", "web"
)  # before anything of the portal is imported: a web process holds no Celery

bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60  # seconds without a sign of life; the longest page has 20 for its longest statement
graceful_timeout = 30  # a restart waits for uploads of this long; the browser sends a piece that was cut again
keepalive = 65  # longer than nginx keeps its connections, so that no request meets a closing one
max_requests, max_requests_jitter = 2000, 500
preload_app = True
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
accesslog = None  # addresses of pages may say more than a log should keep
