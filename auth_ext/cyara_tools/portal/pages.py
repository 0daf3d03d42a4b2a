"""The portal's own pages: the document, and Swagger UI, which works without a network and calls this portal only."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cyara_tools.portal.answers import PortalAnswer

if TYPE_CHECKING:
    from cyara_tools.portal.core import PortalCore
    from cyara_tools.portal.request_validator import IncomingRequest

_INDEX: Final = frozenset({"/swagger", "/swagger/", "/swagger/index.html"})
_FILES: Final = {
    "/swagger/swagger-ui-bundle.js": "text/javascript;charset=utf-8",
    "/swagger/swagger-ui.css": "text/css;charset=utf-8",
    "/swagger/favicon-32x32.png": "image/png",
}
_PACKAGE: Final = "flask_swagger_ui"


def own_page(core: PortalCore, request: IncomingRequest) -> PortalAnswer | None:
    """Return the page of the portal's own at an address below its base, or None where there is none."""
    if request.method not in {"GET", "HEAD"}:
        return None
    path = request.path.lower()
    name = core.settings.document_name
    address = f"/swagger/{name}/swagger.json"
    if path == address.lower():
        return PortalAnswer(status=200, body=core.served_document, media_type="application/json;charset=utf-8")
    if path in _INDEX:
        base = core.settings.base_path
        page = _PAGE.format(base=base, url=f"{base}{address}", name=name)
        policy = ("content-security-policy", _POLICY.format(origin=core.base_url.removesuffix(base)))
        return PortalAnswer(status=200, body=page.encode(), media_type="text/html;charset=utf-8", headers=(policy,))
    if path in _FILES:
        body = swagger_ui_file(path.rpartition("/")[2])
        return None if body is None else PortalAnswer(status=200, body=body, media_type=_FILES[path])
    return None


@lru_cache
def swagger_ui_file(name: str) -> bytes | None:
    """Return a file of Swagger UI; None where the package that brings it is not installed."""
    # Found and not imported: of its Python, which is a page for Flask, nothing is used.
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return (Path(spec.origin).parent / "dist" / name).read_bytes()


# Neither scripts nor calls of the page reach another machine, whatever the document says.
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; "
    "connect-src 'self' {origin}"
)
_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Swagger UI</title>
<link rel="icon" href="{base}/swagger/favicon-32x32.png">
<link rel="stylesheet" href="{base}/swagger/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<noscript>This page needs JavaScript. The document itself: {url}</noscript>
<script src="{base}/swagger/swagger-ui-bundle.js"></script>
<script>
window.onload = function () {{
  if (!window.SwaggerUIBundle) {{
    document.getElementById("swagger-ui").textContent =
      "Swagger UI is not installed. Run: pip install 'cyara-client[testing]'. The document itself: {url}";
    return;
  }}
  var configObject = JSON.parse('{{"urls":[{{"url":"{url}","name":"{name}"}}],"deepLinking":false}}');
  configObject.url = configObject.urls[0].url;
  delete configObject.urls;
  configObject.dom_id = "#swagger-ui";
  // Else the page asks a validator on the internet.
  configObject.validatorUrl = null;
  window.ui = SwaggerUIBundle(configObject);
}};
</script></body></html>
"""
