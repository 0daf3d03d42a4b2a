"""Pages of the portal's own, its document and the page that names it, beside operations at the same addresses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cyara_tools.portal import LocalPortal


def _document(*paths: str, method: str = "get") -> dict[str, Any]:
    answer = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "string"}}}}}
    items = {path: {method: {"operationId": f"Op{number}", "responses": answer}} for number, path in enumerate(paths)}
    return {"openapi": "3.0.1", "info": {"title": "Pages", "version": "1"}, "paths": items}


def _get(portal: LocalPortal, path: str, **headers: str) -> httpx.Response:
    return httpx.get(portal.base_url + path, headers={"Authorization": f"ApiKey {portal.credential}", **headers})


@pytest.mark.parametrize("path", ["/swagger", "/swagger/", "/swagger/index.html", "/swagger/v3/swagger.json"])
def test_an_operation_of_the_document_comes_before_a_page_of_the_portals_own(path: str) -> None:
    with LocalPortal(_document("/other", path), stateful=False) as portal:
        answer = _get(portal, path)
        assert (answer.headers["content-type"], type(answer.json())) == ("application/json", str)
        # It is an operation in full: nobody gets in without the credential.
        assert httpx.get(portal.base_url + path).status_code == 401
        assert _get(portal, "/other").status_code == 200


def test_a_page_stays_where_no_operation_has_its_very_address() -> None:
    with LocalPortal(_document("/{page}", "/swagger/{version}/swagger.json"), stateful=False) as portal:
        assert _get(portal, "/swagger").headers["content-type"].startswith("text/html")
        assert _get(portal, "/swagger/v3/swagger.json").json()["info"]["title"] == "Pages"
        # Whoever names the template means the operation.
        assert isinstance(_get(portal, "/swagger", **{"x-cyara-template": "/%7Bpage%7D"}).json(), str)


def test_a_page_stays_where_the_operation_has_another_method() -> None:
    with LocalPortal(_document("/swagger", method="post"), stateful=False) as portal:
        assert _get(portal, "/swagger").headers["content-type"].startswith("text/html")
