"""Names are given by one rule, are independent of the order of a document, and are never taken back."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_python_client.strings import ClassName, PythonIdentifier
from pipeline.errors import PipelineError
from pipeline.normalise import NameMap, RuleSwitches, dump_names, load_names, load_rules, normalise
from pipeline.normalise.identifiers import class_allowed, module_of, pascal, snake
from pipeline.normalise.schema_names import parse_type

if TYPE_CHECKING:
    from pathlib import Path

OK = {"200": {"description": "OK"}}


def named(paths: dict[str, Any], names: NameMap | None = None, **schemas: Any) -> Any:
    document = {"openapi": "3.0.1", "info": {"title": "T", "version": "1"}, "paths": paths}
    document["components"] = {"schemas": schemas}
    return normalise(document, names=names or NameMap(), rules=RuleSwitches())


def names_of(result: Any) -> dict[str, str]:
    return {key: entry.name for key, entry in result.names.operations.items()}


def operation(tag: str | None = None, operation_id: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"responses": OK}
    if tag is not None:
        found["tags"] = [tag]
    if operation_id is not None:
        found["operationId"] = operation_id
    return found


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("get", "/api/v1/Book/{id}", "get_book_by_id"),
        ("get", "/api/Account", "get_account"),
        ("post", "/api/Account/reset-password", "post_account_reset_password"),
        ("get", "/v3.0/accounts/{accountId}/campaigns", "get_accounts_campaigns"),
        ("get", "/v3.0/accounts/{accountId}/campaigns/{campaignId}", "get_accounts_campaigns_by_campaign_id"),
        ("get", "/files/{folder}/{**path}", "get_files_by_folder_and_path"),
        ("delete", "/odata/Users({key})", "delete_users_by_key"),
        ("get", "/", "get_default"),
        ("get", "/api/HTTPStatus", "get_http_status"),
    ],
)
def test_a_name_is_derived_from_method_and_path(method: str, path: str, name: str) -> None:
    assert list(names_of(named({path: {method: operation()}})).values()) == [name]


@pytest.mark.parametrize(
    ("received", "name"),
    [
        ("GetCampaigns", "get_campaigns"),
        ("Account_GetAll", "account_get_all"),
        ("getIDs", "get_ids"),
        ("max", "max_"),
    ],
)
def test_a_received_id_is_the_name(received: str, name: str) -> None:
    result = named({"/x": {"get": operation("T", received)}})
    assert list(names_of(result).values()) == [name]
    (item,) = result.document["paths"].values()
    assert item["get"]["x-cyara-operation-id"] == received


@pytest.mark.parametrize(
    ("received", "tag", "name"),
    [
        ("Assets_GetAssets", "Assets", "get_assets"),
        ("Asset_GetAssets", "Assets", "get_assets"),
        ("Assets_Get", "Asset", "get"),
        ("Categories_Rename", "Category", "rename"),
        ("Users_GetAll", "Users", "get_all"),
        ("UsersController_findAll", "Users", "find_all"),
        ("Alert_GetDefinitions", "Alert APIs", "get_definitions"),
        ("Rows_Add", "PushRows", "add"),
        ("UserRoles_Get", "User Roles", "get"),
        ("Api_V1_Users_Import", "Users", "import_"),
        ("iot_summary", "IoT", "summary"),
        ("users.get.all", "Users", "get_all"),
        # No controller, another controller, nothing left, or a verb that is the tag.
        ("UserSettings", "User", "user_settings"),
        ("AdminUsers_GetAll", "Users", "admin_users_get_all"),
        ("Orders_GetAll", "Users", "orders_get_all"),
        ("Users_", "Users", "users"),
        ("Users_123", "Users", "users_123"),
        ("search_documents", "Search", "search_documents"),
    ],
)
def test_a_controller_that_the_tag_says_already_is_left_out(received: str, tag: str, name: str) -> None:
    result = named({"/x": {"get": operation(tag, received)}})
    assert list(names_of(result).values()) == [name]
    (item,) = result.document["paths"].values()
    assert item["get"]["x-cyara-operation-id"] == received


def test_a_name_that_is_taken_keeps_its_controller_whatever_the_order() -> None:
    paths = {
        "/a": {"get": operation("Users", "Users_Get")},
        "/b": {"get": operation("Users", "User_Get")},
        "/c": {"get": operation("Users", "users_get")},
        "/d": {"get": operation("Users", "Get")},
    }
    expected = {"GET /a": "get", "GET /b": "user_get", "GET /c": "users_get", "GET /d": "get_get"}
    assert names_of(named(paths)) == expected
    assert names_of(named(dict(reversed(paths.items())))) == expected


def test_a_name_with_its_controller_stays_once_it_was_given() -> None:
    paths = {"/a": {"get": operation("Users", "Users_GetAll")}}
    given = {"GET /a": {"operation_id": "Users_GetAll", "name": "users_get_all"}}
    before = load_names({"title": "T", "operations": given, "schemas": {"Page_0a1b2c3d": "Page0A1B2C3D4"}})
    grown = {**paths, "/b": {"get": operation("Users", "Users_GetOne")}}
    after = named(grown, before, Page_0a1b2c3d={"type": "object"})
    assert names_of(after) == {"GET /a": "users_get_all", "GET /b": "get_one"}
    assert after.names.schemas == {"Page_0a1b2c3d": "Page0A1B2C3D4"}


MD5, SHA1 = "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"


@pytest.mark.parametrize(
    ("received", "class_name", "name"),
    [
        (f"Page_{MD5}", f"Page{MD5.upper()}", f"page_{MD5}"),
        (f"PageOfUser{MD5}", f"PageOfUser{MD5.upper()}", f"page_of_user_{MD5}"),
        (f"Page{MD5}", f"Page{MD5.upper()}", f"page_{MD5}"),
        (f"{SHA1}Dto", f"Schema{SHA1.upper()}Dto" if SHA1[0].isdigit() else f"{SHA1.upper()}Dto", f"{SHA1}_dto"),
        ("Page$3f2a9c1b", "Page3F2A9C1B", "page_3f2a9c1b"),
        ("PageOfUser3f2a9c1b", "PageOfUser3F2A9C1B", "page_of_user_3f2a9c1b"),
        ("Get-0A1B2C3D4E5F-Now", "Get0A1B2C3D4E5FNow", "get_0a1b2c3d4e5f_now"),
        (
            "A 3fa85f64-5717-4562-b3fc-2c963f66afa6",
            "A3FA85F6457174562B3FC2C963F66AFA6",
            "a_3fa85f6457174562b3fc2c963f66afa6",
        ),
        # Words and dates of the letters and digits that hashes are made of.
        ("FadedBadFacade", "FadedBadFacade", "faded_bad_facade"),
        ("Report20240131", "Report20240131", "report_20240131"),
        ("Base64Decoded", "Base64Decoded", "base_64_decoded"),
    ],
)
def test_a_hash_stays_one_word(received: str, class_name: str, name: str) -> None:
    assert pascal(received, otherwise="Schema") == class_name
    assert snake(received, otherwise="operation") == name
    # The generator leaves both as they are.
    assert ClassName(class_name, "field_") == class_name
    assert PythonIdentifier(name, "field_") == name
    assert PythonIdentifier(class_name, "field_") == module_of(class_name)


def test_names_are_unique_in_a_tag_and_ids_in_the_document() -> None:
    result = named(
        {
            "/a": {"get": operation("Users", "GetAll"), "post": operation("users", "getAll")},
            "/b": {"get": operation("Orders", "GetAll")},
            "/api/v1/c": {"get": operation("C")},
            "/api/v2/c": {"get": operation("C")},
        }
    )
    assert names_of(result) == {
        "GET /a": "get_all",
        "POST /a": "get_all_post",
        "GET /b": "get_all",
        "GET /api/v1/c": "get_c",
        "GET /api/v2/c": "get_api_v2_c",
    }
    ids = [op["x-cyara-operation-id"] for item in result.document["paths"].values() for op in item.values()]
    assert ids == ["GetA", "getAll", "GetB", "GetC", "GetApiV2C"]


def test_names_do_not_depend_on_the_order_of_the_document() -> None:
    paths = {
        f"/api/v{version}/{noun}/{{id{tail}}}": {"get": operation("T"), "put": operation("T", "Same")}
        for version in (1, 2)
        for noun in ("a", "A", "b-c", "bC")
        for tail in ("", ":int")
    }
    schemas = {name: {"type": "object", "properties": {"e": {"type": "string", "enum": ["x"]}}} for name in "abAB"}
    first = named(paths, **schemas).names.to_json()
    for seed in range(5):
        dice = random.Random(seed)  # noqa: S311  # an order, not a secret
        shuffled = dict(dice.sample(list(paths.items()), len(paths)))
        assert named(shuffled, **dict(dice.sample(list(schemas.items()), 4))).names.to_json() == first


def test_a_name_once_given_survives_growth() -> None:
    before = named({"/api/v2/c": {"get": operation("C")}}, **{"B.Dto": {"type": "object"}})
    assert names_of(before) == {"GET /api/v2/c": "get_c"}
    assert before.names.schemas == {"B.Dto": "Dto"}
    grown = {"/api/v1/c": {"get": operation("C")}, "/api/v2/c": {"get": operation("C")}}
    after = named(grown, before.names, **{"A.Dto": {"type": "object"}, "B.Dto": {"type": "object"}})
    assert names_of(after) == {"GET /api/v2/c": "get_c", "GET /api/v1/c": "get_api_v1_c"}
    assert after.names.schemas == {"B.Dto": "Dto", "A.Dto": "ADto"}


def test_a_name_survives_a_new_id_and_a_new_path() -> None:
    before = named({"/x/{id}": {"get": operation("T", "GetX")}})
    moved = named({"/y/{id}": {"get": operation("T", "GetX")}}, before.names)
    assert names_of(moved)["GET /y/{id}"] == "get_x"
    renamed = named({"/x/{id}": {"get": operation("T", "FetchX")}}, before.names)
    assert names_of(renamed)["GET /x/{id}"] == "get_x"


def test_the_map_given_is_not_modified() -> None:
    names = NameMap()
    named({"/x": {"get": operation()}}, names)
    assert names == NameMap()


def test_the_file_round_trips_and_belongs_to_one_document(tmp_path: Path) -> None:
    names = named({"/x": {"get": operation("T", "GetX")}}, **{"A.B": {"type": "object"}}).names
    names.title = "T"
    path = tmp_path / "names.json"
    path.write_text(names.to_json(), encoding="utf-8")
    assert NameMap.read(path) == names
    assert load_names(dump_names(names)) == names
    assert NameMap.read(tmp_path / "absent.json") == NameMap()
    mine = NameMap.read(path).for_document({"info": {"title": "T"}})
    assert mine.operations == names.operations
    assert mine.skipped == ""
    other = NameMap.read(path).for_document({"info": {"title": "Other"}})
    assert other.operations == {}
    assert "another" in other.skipped or "not to this document" in other.skipped


@pytest.mark.parametrize("content", ["[", '{"operations": {"GET /x": "get_x"}}', '{"operations": {"GET /x": {}}}'])
def test_a_broken_file_is_an_error_of_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "names.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PipelineError, match=r"names\.json"):
        NameMap.read(path)


@pytest.mark.parametrize("data", [{"rules": {"no-such-rule": False}}, {"rules": ["x"]}, {"rules": {"all-of": "off"}}])
def test_switches_name_rules_that_exist(data: dict[str, Any]) -> None:
    with pytest.raises(PipelineError, match="normalise"):
        load_rules(data)
    assert load_rules({"rules": {"all-of": False, "unions": True}}) == RuleSwitches(off=frozenset({"all-of"}))


@pytest.mark.parametrize(
    ("received", "shown"),
    [
        ("ServiceResponse`1[[Acme.Dto, Acme, Version=1.0.0.0, Culture=neutral]]", "ServiceResponse of Dto"),
        ("Acme.Pair`2[[System.String, x],[Acme.List`1[[System.Int32, y]], z]]", "Pair of String and List of Int32"),
        ("PagedResultDto[Acme.UserDto]", "PagedResultDto of UserDto"),
        ("Page\u00abUser\u00bb", "Page of User"),
        ("Tuple<A,B>", "Tuple of A and B"),
        ("Acme.Outer+Inner", "Inner"),
        ("[[", "[["),
        ("", ""),
    ],
)
def test_a_dotnet_name_is_read(received: str, shown: str) -> None:
    assert parse_type(received).shown(1) == shown


@given(st.text(max_size=150))
def test_the_generator_leaves_the_names_as_they_are(text: str) -> None:
    name = snake(text, otherwise="operation")
    assert PythonIdentifier(name, "field_") == name
    assert name.isidentifier()
    assert len(name) <= 100
    capital = pascal(text, otherwise="Schema")
    if class_allowed(capital):
        assert ClassName(capital, "field_") == capital
        assert PythonIdentifier(capital, "field_").rstrip("_") == module_of(capital)


@given(st.text(max_size=60))
def test_reading_a_type_name_never_fails(text: str) -> None:
    json.dumps(parse_type(text).shown(3))
