"""The web process."""

import os

from django.core.wsgi import get_wsgi_application

from console.operate.processes import die_with_parent_if_supervised

die_with_parent_if_supervised()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
application = get_wsgi_application()
