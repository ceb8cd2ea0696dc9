"""Opens every layer of a served site with QGIS's own WFS client. Run with the system's Python that has QGIS; see docs/ogc.md."""
import os
import sys
import tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# QGIS keeps sign-ins in a database of its own: not in the user's.
os.environ["QGIS_AUTH_DB_DIR_PATH"] = tempfile.mkdtemp()

from qgis.core import Qgis, QgsApplication, QgsAuthMethodConfig, QgsFeatureRequest, QgsRectangle, QgsVectorLayer

LAYERS = (
    "zones", "compounds", "courtyards", "stations", "premises", "incidents", "graded_compounds", "campaign_candidates", "surveillance",
)  # fmt: skip
BOX = QgsRectangle(105.55, 37.45, 105.70, 37.55)
address, account, key = sys.argv[1:4]

application = QgsApplication([], False)
application.initQgis()
print("QGIS", Qgis.QGIS_VERSION)
manager = QgsApplication.authManager()
manager.setMasterPassword("for this check only", True)
login = QgsAuthMethodConfig("Basic")
login.setName("siwu")
login.setConfig("username", account)
login.setConfig("password", key)
manager.storeAuthenticationConfig(login)


def opened(name: str, crs: str = "EPSG:4326", within: int = 0) -> QgsVectorLayer:
    """`within`: 1 lets the server answer for the rectangle alone."""
    text = (
        f"authcfg={login.id()} pagingEnabled='true' restrictToRequestBBOX='{within}' srsname='{crs}' "
        f"typename='siwu:{name}' url='{address}' version='2.0.0'"
    )
    return QgsVectorLayer(text, name, "WFS")


def read(layer: QgsVectorLayer, request: QgsFeatureRequest | None = None) -> int:
    return sum(1 for _feature in (layer.getFeatures(request) if request else layer.getFeatures()))


for name in LAYERS:
    layer = opened(name)
    if layer.isValid():
        fields = ", ".join(f"{field.name()} {field.typeName()}" for field in layer.fields())
        print(f"{name}: {layer.featureCount()} by the server, {read(layer)} read; {layer.crs().authid()}; {fields}")
    else:
        print(f"{name}: not opened")
print("rectangle, by QGIS:", read(opened("stations"), QgsFeatureRequest().setFilterRect(BOX)))
print("rectangle, by the server:", read(opened("stations", within=1), QgsFeatureRequest().setFilterRect(BOX)))
kiosks = opened("stations")
print("kiosks:", kiosks.setSubsetString("\"kind\" = 'kiosk'"), read(kiosks))
for crs in ("EPSG:3857", "EPSG:4490"):
    layer = opened("stations", crs)
    point = next(layer.getFeatures()).geometry().asPoint()
    print(f"{crs}: {layer.crs().authid()} {point.x():.6f} {point.y():.6f}, {read(layer)} read")
