"""Files that people save by mistake: each refusal names what the file is, and a next step, and changes nothing."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pipeline import cli
from pipeline.document.document import parse_document
from pipeline.document.openapi_document import require_openapi
from pipeline.errors import RefusedDocumentError

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "documents" / "refusals"
"""Further files of these kinds, where they lie beside the checkout."""
BUILT = {"06_openapi32.json", "10_utf16.json", "10b_utf16_nobom.json"}
"""Those of them that are documents after all."""

GOOD: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "Lines", "version": "1"},
    "paths": {"/lines": {"get": {"responses": {"200": {"description": "ok"}}}}},
}
JSON = json.dumps(GOOD, indent=1)
SAVE, SIGN_IN, AGAIN, BUNDLE = (
    "fetch --portal",
    "Sign in at the portal",
    "Save the whole file again",
    "redocly/cli bundle",
)


def page(body: str, title: str = "Portal", above: str = "") -> bytes:
    return f"{above}<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>{body}</body></html>".encode()


def packed(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, JSON)
    return buffer.getvalue()


def data(**top: Any) -> bytes:
    return json.dumps(top).encode()


def good(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


KINDS: dict[str, tuple[bytes, str, str]] = {
    "sign-in page": (page('<input type="password">'), "is a web page to sign in, titled 'Portal'", SIGN_IN),
    "page with a form": (page('<form action="/Account/LogOn">'), "is a web page to sign in", SIGN_IN),
    "other page": (page("Not here", "404 &amp; more"), "is a web page, titled '404 & more'", SIGN_IN),
    "page in XML": (page("x", above='<?xml version="1.0"?>\n'), "is a web page", SIGN_IN),
    "part of a page": (b"<div class='x'>No access</div>", "is a web page", SIGN_IN),
    "page of Swagger UI": (
        page('<div id="swagger-ui"></div><script>SwaggerUIBundle({url: "/lines/swagger/v9/swagger.json"})</script>'),
        "shows an API",
        "Open the address '/lines/swagger/v9/swagger.json' of the portal",
    ),
    "page saved by a browser": (
        page(
            "swagger-ui url: 'v9/swagger.json'",
            above="<!-- saved from url=(0042)https://p.example/swagger/index.html -->",
        ),
        "shows an API",
        "Open the address 'https://p.example/swagger/v9/swagger.json' and",
    ),
    "page with a whole address": (
        page('<a href="https://p.example/api/openapi.json">swagger-ui</a>'),
        "shows an API",
        "Open the address 'https://p.example/api/openapi.json' and",
    ),
    "page that holds it": (
        page(f"<pre>{JSON.replace(chr(34), '&quot;')}</pre>"),
        "is a web page that holds the document as a text, titled 'Portal'",
        "Save the JSON alone",
    ),
    "page that does not tell": (page('<div id="swagger-ui">'), "shows an API", "Open the link to the JSON"),
    "page saved whole": (
        b"From: <Saved by a browser>\nMIME-Version: 1.0\nContent-Type: multipart/related;\n\ttype=x\n\n--a\n",
        "is a web page, saved whole",
        SAVE,
    ),
    "page in UTF-16": (page('<input type="password">').decode().encode("utf-16"), "is a web page to sign in", SIGN_IN),
    "code block": (
        b"```json\n" + JSON.encode() + b"\n```\n",
        "a code block of Markdown",
        "its first and its last line",
    ),
    "cut in a character": ('{"title": "Gr\u00fc'.encode()[:-1], "was cut off: it ends within a character", AGAIN),
    "cut in UTF-16": (JSON.encode("utf-16")[:-1], "was cut off: it ends within a character", AGAIN),
    "nothing": (b"", "is empty", AGAIN),
    "blanks": (b"\xef\xbb\xbf \r\n\t ", "is empty", AGAIN),
    "zeros": (b"\x00" * 100, "is empty", AGAIN),
    "empty in gzip": (gzip.compress(b"", mtime=0), "is empty", AGAIN),
    "cut in a text": (JSON[:-40].rpartition('"')[0].encode(), "was cut off: it ends in line 11,", AGAIN),
    "cut after a brace": (JSON[:-4].rstrip("}\n ").encode(), "was cut off: it ends in line", AGAIN),
    "cut in a literal": (b'{"openapi": "3.0.1", "deprecated": tr', "was cut off: it ends in line 1", AGAIN),
    "cut in an escape": (b'{"openapi": "3.0.1\\u00', "was cut off", AGAIN),
    "cut YAML": (b"openapi: 3.0.1\ninfo: {title: Lines,\n", "was cut off: it ends in line 2", AGAIN),
    "tabs": (b"openapi: 3.0.1\ninfo:\n\ttitle: Lines\n", "has a tab at the beginning of line 3", "Replace all tabs"),
    "tabs further in": (b"a:\n  - b\n  \t- c: d\n", "has a tab at the beginning of line", "Replace all tabs"),
    "comment above": (b"/* by hand */\n" + JSON.encode(), "has a comment in line 1, and JSON has none", "Remove"),
    "comment within": (
        JSON.replace('"info"', '// mine\n "info"').encode(),
        "has a comment in line 3, column 2",
        "Remove",
    ),
    "comment after a value": (b'{"a": 1 # one\n}', "has a comment in line 1, column 9", "Remove"),
    "comma too much": (b'{"a": [1, 2,\n], "b": 1}', "has a comma too much in line", "Remove it"),
    "single quotes": (
        b"{'openapi': '3.0.1', 'deprecated': True}",
        "has single quotes in line 1, column 2",
        "json.dump",
    ),
    "two documents": (JSON.encode() + b"\n" + JSON.encode(), "goes on after its last brace", "Keep the first"),
    "key twice": (b'{"paths": {"/a": {}, "/a": {}}}', "the key /a stands twice", "Keep one of the two"),
    "key twice in YAML": (b"paths: {}\npaths: {}\n", "the key 'paths' stands twice", "Keep one of the two"),
    "no number": (b'{"a": NaN}', "NaN is not a JSON number", "Write a number or null"),
    "other fault": (b'{"a" 1}', "is not valid JSON: \"Expecting ':'", "Mend it there"),
    "alias": (b"a: &a [1]\nb: *a\n", "uses a YAML alias", "Write the part out"),
    "bomb of aliases": (
        b"a: &a [x,x,x]\n" + b"".join(b"%c: &%c [*%c,*%c,*%c]\n" % (n, n, n - 1, n - 1, n - 1) for n in range(98, 110)),
        "uses a YAML alias",
        "Write the part out",
    ),
    "conflict": (b"a: 1\n<<<<<<< mine\nb: 1\n=======\nb: 2\n>>>>>>> theirs\n", "merge conflict in line 2", "git"),
    "Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "pointer of Git LFS",
        "git lfs pull",
    ),
    "headers of HTTP": (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}",
        "headers of an HTTP",
        "without `-i`",
    ),
    "guard": (b")]}',\n" + JSON.encode(), "a guard against scripts", "Remove that beginning"),
    "JSONP": (b"/**/ load({" + JSON[1:].encode() + b");", "is JSON inside of a call", "between the parentheses"),
    "script": (b"/* Licence */\nvar spec = {};", "is JavaScript", "its `url` says"),
    "Swagger UI's script": (
        b'window.onload = function() { window.ui = {url: "/v9.json"} }',
        "is JavaScript",
        "its `url`",
    ),
    "WSDL": (b'<?xml version="1.0"?><definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>', "is a WSDL file", SAVE),
    "WADL": (b'<application xmlns="http://wadl.dev.java.net/2009/02"/>', "is a WADL file", SAVE),
    "XML schema": (b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>', "is an XML schema", SAVE),
    "OData": (b'<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"/>', "is OData metadata", SAVE),
    "SOAP": (b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>', "is the answer of a SOAP", SAVE),
    "other XML": (
        b'<?xml version="1.0"?>\n<!-- x --><Error><Code>1</Code></Error>',
        "is XML with the root 'Error'",
        SAVE,
    ),
    "RAML": (b"#%RAML 1.0\ntitle: Lines\n/lines:\n  get:\n", "is a RAML file", SAVE),
    "API Blueprint": (b"FORMAT: 1A\n\n# Lines\n", "is an API Blueprint", SAVE),
    "GraphQL": (b"# all\ntype Query {\n  lines: [Line]\n}\n", "is a GraphQL schema", SAVE),
    "Protocol Buffers": (b'syntax = "proto3";\nmessage Line {}\n', "is a Protocol Buffers file", SAVE),
    "request of Bruno": (
        b"meta {\n  name: lines\n}\n\nget {\n  url: {{base}}/lines\n}\n",
        "is a request of Bruno",
        SAVE,
    ),
    "requests": (
        b"### all\nGET https://p.example/lines\nAccept: application/json\n",
        "is a list of HTTP requests",
        SAVE,
    ),
    "curl": (b"curl 'https://p.example/swagger.json' -H 'x: y'\n", "is a command for curl", "-o swagger.json"),
    "log of .NET": (b"info: Lines.Startup[14]\n      Now listening on: http://127.0.0.1:5000\n", "is the log", SAVE),
    "other log": (
        b"2026-01-02 03:04:05.678 +00:00 [INF] Starting\n2026-01-02 03:04:06 [ERR] x: y: z\n",
        "is the log",
        SAVE,
    ),
    "zip": (packed("swagger.json"), "is a zip archive", "Unpack it"),
    "Word": (packed("word/document.xml"), "is an Office document", SAVE),
    "old Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "is an Office document", SAVE),
    "RTF": (b"{\\rtf1\\ansi{\\fonttbl}openapi: 3.0.1}", "is an RTF text", SAVE),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is a PDF", SAVE),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 20, "is a picture", SAVE),
    "bzip2": (b"BZh91AY&SY", "is packed by bzip2", "Unpack it"),
    "gzip cut off": (gzip.compress(JSON.encode(), mtime=0)[:40], "was cut short", AGAIN),
    "program": (b"\x01\x02\x03\x00\xff\xfe\x00", "but a binary file", SAVE),
    "base64": (base64.encodebytes(JSON.encode()), "is a document in base64", "python -m base64 -d"),
    "base64 of gzip": (base64.b64encode(gzip.compress(JSON.encode(), mtime=0)), "in base64", "python -m base64 -d"),
    "latin-1": (
        JSON.replace("Lines", "Lignes \u00e9").encode("latin-1"),
        "line 4 has the byte 0xE9",
        "Save it as UTF-8",
    ),
    "null": (b"null\n", "holds null, and nothing else", SAVE),
    "number": (b"42", "one number or truth value", SAVE),
    "text": (b"Unauthorized", "plain text", SAVE),
    "JSON within JSON": (json.dumps(JSON).encode(), "JSON within JSON", "unescaped"),
    "list of documents": (json.dumps([GOOD, GOOD]).encode(), "a list of 2 document(s)", "without the brackets"),
    "list of places": (b'[{"name": "v9", "url": "/v9/api-docs"}]', "where documents are: '/v9/api-docs'", "Save one"),
    "list": (b"[1]", "its top level is no object but a list", SAVE),
    "Postman": (data(info={"_postman_id": "1", "name": "x"}, item=[]), "is a Postman collection", SAVE),
    "Postman's answer": (data(collection={"info": {"_postman_id": "1"}}), "is a Postman collection", SAVE),
    "Postman environment": (
        data(name="x", values=[], _postman_variable_scope="environment"),
        "Postman environment",
        SAVE,
    ),
    "Insomnia": (data(_type="export", __export_format=4, resources=[]), "is an export of Insomnia", SAVE),
    "newer Insomnia": (b"type: collection.insomnia.rest/5.0\nname: x\n", "is an export of Insomnia", SAVE),
    "Bruno": (data(version="1", name="x", type="collection"), "is a collection of Bruno", SAVE),
    "HAR": (data(log={"version": "1.2", "entries": []}), "is a HAR file", SAVE),
    "introspection": (data(data={"__schema": {"types": []}}), "is a GraphQL schema", SAVE),
    "AsyncAPI": (data(asyncapi="2.6.0", info={}, channels={}), "is an AsyncAPI document '2.6.0'", SAVE),
    "OpenRPC": (data(openrpc="1.3.2", methods=[]), "is an OpenRPC document", SAVE),
    "Overlay": (data(overlay="1.0.0", actions=[]), "is an OpenAPI Overlay", "openapi/overlays"),
    "Swagger 1.2": (data(swaggerVersion="1.2", apis=[]), "is a document of Swagger '1.2'; Swagger 2.0 and", SAVE),
    "Swagger 3": (good(swagger="3.0"), "is of Swagger '3.0'; Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 are taken", SAVE),
    "OpenAPI 4": (good(openapi="4.0.0"), "is of OpenAPI '4.0.0'; Swagger 2.0", SAVE),
    "OpenAPI 3.7": (good(openapi="3.7.0"), "is of OpenAPI '3.7.0'", SAVE),
    "OpenAPI 30": (good(openapi="30"), "is of OpenAPI '30'", SAVE),
    "no version": (good(openapi=None), "has no version in its member 'openapi'", SAVE),
    "in capitals": (data(OpenAPI="3.0.1", paths={}), "has its version under 'OpenAPI'", "Rename"),
    "without a head": (data(paths=GOOD["paths"]), "names neither", "cut off"),
    "one level down": (data(spec=GOOD), "one level down, under 'spec'", "Save that part alone"),
    "JSON Schema": (data(**{"$schema": "x", "properties": {}}), "is a JSON Schema alone", SAVE),
    "Kubernetes": (b"apiVersion: v1\nkind: Service\n", "is a resource of Kubernetes", SAVE),
    "problem": (data(type="x", title="Unauthorized", status=401), "an error that the portal answered", SIGN_IN),
    "problem, not there": (data(title="Not Found", status=404), "'Not Found', status 404", "right address"),
    "problem, server": (data(title="Oops", status=500, traceId="1"), "status 500", "try again later"),
    "older error": (data(Message="Authorization has been denied."), "'Authorization has been denied.'", SIGN_IN),
    "OAuth error": (data(error="invalid_token", error_description="x"), "an error that the portal answered", SIGN_IN),
    "other data": (data(a=1), "is no OpenAPI or Swagger document", SAVE),
    "no paths": (data(openapi="3.0.1", info={}), "has no 'paths', so there is nothing to call", SIGN_IN),
    "webhooks": (data(openapi="3.1.0", webhooks={"x": {}}), "has no 'paths', only webhooks", SIGN_IN),
    "empty paths": (good(paths={}), "its 'paths' are empty", SIGN_IN),
    "list of paths": (good(paths=[]), "has 'paths' that are no object", SIGN_IN),
    "paths elsewhere": (good(paths={"$ref": "./paths.yaml"}), "has its paths elsewhere, in './paths.yaml'", BUNDLE),
    "item elsewhere": (good(paths={"/a": {"$ref": "a.yaml"}}), "refers to 'a.yaml', outside of itself", BUNDLE),
    "schema elsewhere": (
        good(components={"schemas": {"A": {"$ref": "https://p.example/a.json#/A"}}}),
        "refers to 'https://p.example/a.json#/A'",
        "bundle saved.json -o bundled.json",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_is_and_what_to_do(kind: str) -> None:
    received, what, step = KINDS[kind]
    with pytest.raises(RefusedDocumentError) as caught:
        require_openapi(parse_document(received, name="saved.json"))
    said = str(caught.value)
    before, changed, after = said.partition(". Nothing was changed. ")
    assert before.startswith("The document 'saved.json' ")
    assert changed
    assert what in before
    assert step in after
    assert after.endswith((".", ".`"))
    assert re.fullmatch(r"[ -~]+", said)
    assert len(said) < 500


@pytest.mark.parametrize("kind", ["sign-in page", "cut in a text", "problem", "schema elsewhere", "zip"])
def test_the_command_line_says_it_and_writes_nothing(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    received, what, step = KINDS[kind]
    source, target = tmp_path / "saved.json", tmp_path / "into"
    source.write_bytes(received)
    assert cli.main(["build", "--source", str(source), "--into", str(target)]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert what in said
    assert step in said
    assert not (target / "generated").exists()


@pytest.mark.skipif(not CASES.is_dir(), reason="no further cases beside the checkout")
def test_further_files_are_refused_with_a_next_step(tmp_path: Path) -> None:
    for path in sorted(CASES.iterdir()):
        if path.name in BUILT:
            require_openapi(parse_document(path.read_bytes(), name=path.name))
            continue
        assert cli.main(["build", "--source", str(path), "--into", str(tmp_path / "into")]) == 1, path.name


def test_a_folder_and_a_missing_file_have_a_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for source, step in (
        (tmp_path, "Name the document in that folder."),
        (tmp_path / "no.json", "Name a file that is"),
    ):
        assert cli.main(["build", "--source", str(source), "--into", str(tmp_path / "into")]) == 1
        assert f"Nothing was changed. {step}" in capsys.readouterr().err


def test_an_address_in_place_of_a_file_is_sent_to_fetch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = "https://portal.example/swagger/v3/swagger.json"
    for command in (["build", "--into", str(tmp_path)], ["fetch"]):
        assert cli.main([*command, "--source", address]) == 1
        said = capsys.readouterr().err
        assert f"`fetch --url {address}`" in said
        assert "Nothing was changed." in said


def test_one_page_cannot_keep_the_reader_busy() -> None:
    # Each would be slow if a pattern looked at all that follows, from each place anew.
    for text in ("<html>" + "<title>" * 100_000, "<html>" + "action='" * 100_000, '"""' * 100_000, "/*" * 100_000):
        with pytest.raises(RefusedDocumentError):
            parse_document(text.encode(), name="slow.json")


def test_documents_are_not_taken_for_something_else() -> None:
    # What their texts and examples say about pages, logs, requests and errors is their own matter.
    odd = {**GOOD, "info": {"title": "<html> GET /x", "version": "1"}, "status": 401, "title": "x", "asyncapi": "2"}
    odd["x-note"] = "<<<<<<< mine\n=======\n HTTP/1.1 type Query {"
    for version in ("3.0.1", "3.1.0", "3.2.0", "3.0.0-rc1", "3"):
        require_openapi(parse_document(json.dumps({**odd, "openapi": version}).encode(), name="d"))
    require_openapi(parse_document(b'# GET /x\nswagger: 2.0\npaths: {/a: {}}\nx: "<html>"\n', name="d"))
