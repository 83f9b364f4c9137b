"""Static files under hashed names, the modules that a module imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Old and new scripts never mix after a deployment."""

    support_js_module_import_aggregation = True
