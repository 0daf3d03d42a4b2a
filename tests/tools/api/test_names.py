"""Groups and commands by their names: the rule, over the bundled table, over drawn tables, and where names meet."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyara_client.operations import OPERATIONS, Operation, PageShape
from cyara_client.resources import SyncResources
from cyara_tools.api.names import VERBS, by_name, named_operations, short_name

SHORT = {
    "campaigns": "create delete execute get list update",
    "directories": "",
    "plans": "get list",
    "testcases": "execute export get import list",
    "testresults": "",
    "users": "create delete get list",
}


def operation(resource: str, name: str, *, method: str = "GET", is_list: bool = False) -> Operation:
    return Operation(
        operation_id=f"{resource}.{name}",
        method=method,
        path="/x",
        tag=resource,
        name=name,
        module=f"{resource}.{name}",
        page=PageShape(kind="array") if is_list else None,
    )


def names(*operations: Operation) -> dict[str, list[tuple[str, str | None]]]:
    return {group: [(one.name, one.short) for one in named] for group, named in named_operations(operations).items()}


def test_every_operation_has_its_python_name_and_the_bundled_ones_their_short_names():
    groups = named_operations(OPERATIONS.values())
    assert {
        group: " ".join(sorted(one.short for one in named if one.short)) for group, named in groups.items()
    } == SHORT
    for group, named in groups.items():
        for one in named:
            resource = one.operation.module.partition(".")[0]
            assert hasattr(SyncResources, resource)
            assert (group, one.name) == (resource.replace("_", ""), one.operation.name.replace("_", "-"))
    assert sum(map(len, groups.values())) == len(OPERATIONS)


def test_what_is_not_the_nouns_own_keeps_its_long_name_only():
    named = by_name(named_operations(OPERATIONS.values())["campaigns"])
    assert named["get-campaign-runs"].short is None
    assert named["list"] is named["get-campaigns"]
    assert named["get"] is named["get-campaign"]


@pytest.mark.parametrize(
    ("resource", "name", "method", "is_list", "short"),
    [
        ("campaigns", "get_campaigns", "GET", True, "list"),
        ("campaigns", "list_campaigns", "GET", True, "list"),
        ("campaigns", "get_campaigns", "POST", True, "get"),
        ("campaigns", "list_campaigns", "POST", False, None),
        ("campaign", "get_campaigns", "GET", True, "list"),
        ("directories", "get_directory", "GET", False, "get"),
        ("statuses", "get_status", "GET", False, "get"),
        ("test_cases", "import_test_cases", "POST", False, "import"),
        ("test_cases", "import_cases", "POST", False, None),
        ("users", "create_users_bulk", "POST", False, None),
        ("users", "remove_user", "DELETE", False, None),
        ("users", "get", "GET", False, None),
        ("class_", "get_class", "GET", False, "get"),
    ],
)
def test_the_short_name(resource: str, name: str, method: str, *, is_list: bool, short: str | None):
    assert short_name(resource, operation(resource, name, method=method, is_list=is_list)) == short


def test_of_two_that_would_get_one_short_name_neither_does():
    both = names(operation("users", "create_user"), operation("users", "create_users"), operation("users", "get_user"))
    assert both == {"users": [("create-user", None), ("create-users", None), ("get-user", "get")]}


def test_a_method_that_is_called_like_a_short_name_keeps_it():
    assert names(operation("users", "get_user"), operation("users", "get")) == {
        "users": [("get", None), ("get-user", None)]
    }


def test_groups_and_methods_that_would_be_one_word_stay_two():
    assert set(names(operation("test_cases", "a"), operation("testcases", "a"))) == {"test-cases", "testcases"}
    assert names(operation("x", "import_"), operation("x", "import")) == {"x": [("import", None), ("import-", None)]}
    assert names(operation("x", "_a"), operation("x", "a")) == {"x": [("a", None), ("a-2", None)]}
    assert names(operation("raw_", "class_")) == {"raw": [("class", None)]}


IDENTIFIERS = st.from_regex(r"[ab_][ab1_]{0,3}", fullmatch=True).filter(lambda name: name.strip("_"))
NAMES = st.one_of(
    IDENTIFIERS,
    st.builds("{}_{}".format, st.sampled_from(sorted(VERBS)), st.sampled_from(["user", "users", "user_", "test_case"])),
)
TABLES = st.lists(
    st.builds(
        lambda resource, name, is_list: operation(resource, name, is_list=is_list),
        st.sampled_from(["users", "user_s", "_users", "test_cases", "testcases", "class_"]),
        NAMES,
        st.booleans(),
    ),
    unique_by=lambda one: one.module,
    max_size=12,
)


@given(TABLES)
def test_no_name_means_two_operations_and_every_operation_has_one(table: list[Operation]):
    groups = named_operations(table)
    assert Counter(one.operation.module for named in groups.values() for one in named) == Counter(
        one.module for one in table
    )
    for group, named in groups.items():
        words = [word for one in named for word in (one.name, one.short) if word is not None]
        assert len(words) == len(set(words))
        assert all(not word.startswith("-") and " " not in word for word in (group, *words))
        assert all(by_name(named)[one.name] is one for one in named)
