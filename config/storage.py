from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed names, also inside ES module imports, so that a release never mixes old and new scripts."""

    support_js_module_import_aggregation = True
    manifest_strict = False
