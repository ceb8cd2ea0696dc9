"""A county that is invented but for its names and codes: generated from one seed, so that everybody sees the same.

Pure: no models, no settings. `county.build()` gives plain rows (dicts by field name, geometry as shapely in EPSG:4326).
"""
