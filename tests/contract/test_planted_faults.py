"""Every fault that the contract is there for, planted: a suite that stays green over one of these proves nothing."""

from __future__ import annotations

import pytest
from pipeline.errors import VerificationError
from pipeline.verify import verify
from pipeline.verify.security import unmet_security


def plant(package, name, old, new):
    file = package / "cyara_client" / name
    text = file.read_text("utf-8")
    assert old in text, f"{name} has changed; plant the fault elsewhere"
    file.write_text(text.replace(old, new), "utf-8")


def found(report):
    return {(failure.operation, failure.what) for failure in report.failing}


def reasons(report):
    return " ".join(failure.why for failure in report.failing)


BARE = (
    "type('Bare', (), {'get_httpx_client': lambda _, c=client.get_httpx_client(): "
    "__import__('httpx').Client(base_url=c.base_url, headers=c.headers)})()"
)


def test_without_a_planted_fault_all_is_well(package, some_of):
    report = verify(package, some_of("GetPlan", "CreateCampaign"))
    assert report.ok, report.failing
    assert report.requests_valid == [2, 2]


def test_a_dropped_header_is_found(package, some_of):
    plant(
        package,
        "_endpoint.py",
        "        self.warn()\n        return http.",
        f"        http = {BARE}.get_httpx_client()\n        return http.",
    )
    report = verify(package, some_of("GetPlan"))
    assert ("GetPlan", "header") in found(report)
    assert "0 Authorization header(s)" in reasons(report)
    assert report.requests_valid == [0, 1]


def test_a_header_of_ones_own_is_found(package, some_of):
    plant(
        package,
        "_endpoint.py",
        'headers["Accept"] = operation.accept',
        'headers |= {"Accept": operation.accept, "X-Api-Key": "secret"}',
    )
    # Not a fault: the portal ignores headers it does not know. The secret itself in one of them is.
    assert verify(package, some_of("GetPlan")).ok
    plant(
        package,
        "_endpoint.py",
        "        self.warn()\n        return http.",
        "        arguments['headers']['X-Token'] = client.credential.pair_text()\n        return http.",
    )
    report = verify(package, some_of("GetPlan"))
    assert ("GetPlan", "header") in found(report)
    assert "outside of the Authorization header" in reasons(report)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda schemes: schemes.update(Renamed=schemes.pop("ApiKey")), "not in the document"),
        (lambda schemes: schemes["ApiKey"].update(name="X-Api-Key"), "not Authorization"),
        (lambda schemes: schemes["ApiKey"].update({"in": "query"}), "no apiKey in a header"),
    ],
)
def test_a_renamed_scheme_is_found(some_of, change, reason):
    document = some_of("GetPlan")
    change(document["components"]["securitySchemes"])
    assert reason in unmet_security(document)["GetPlan"]


def test_an_operation_without_security_is_found(some_of):
    document = some_of("GetPlan")
    del document["paths"]["/v3.0/accounts/{accountId}/plans/{planId}"]["get"]["security"]
    assert unmet_security(document) == {"GetPlan": "says nothing about credentials"}


def test_a_removed_module_is_found(package, some_of):
    (package / "cyara_client" / "api" / "plans" / "get_plan.py").unlink()
    report = verify(package, some_of("GetPlan", "GetPlans"))
    assert ("GetPlan", "import") in found(report)
    assert report.operations_importable == 1


def test_an_operation_that_the_package_lacks_is_found(package, some_of):
    document = some_of("GetPlan")
    item = document["paths"]["/v3.0/accounts/{accountId}/plans/{planId}"]
    item["head"] = {**item["get"], "operationId": "Forgotten"}
    report = verify(package, document)
    assert found(report) == {("Forgotten", "import")}
    assert report.requests_valid == [1, 2]


def test_one_changed_byte_is_found(package, some_of):
    plant(package, "api/plans/get_plan.py", "/plans/{plan_id}", "/planz/{plan_id}")
    report = verify(package, some_of("GetPlan"))
    assert ("GetPlan", "request") in found(report)
    assert "reached no operation" in reasons(report)


@pytest.mark.parametrize(
    ("operation", "file", "old", "new", "what"),
    [
        ("GetPlans", "api/plans/get_plans.py", '"pageSize", "page_size"', '"pagesize2", "page_size"', "arguments"),
        (
            "GetPlans",
            "_request.py",
            'elif parameter.location == "query":',
            'elif parameter.wire == "pageno":',
            "request",
        ),
        (
            "CreateCampaign",
            "api/campaigns/create_campaign.py",
            '"application/json", "json"',
            '"application/*+json", "json"',
            "request",
        ),
        (
            "CreateCampaign",
            "models/create_campaign_request.py",
            '"plan_id": "planId"',
            '"plan_id": "planID"',
            "arguments",
        ),
        (
            "ImportTestCases",
            "_body.py",
            'return {"files": parts} if',
            'return {"content": b"", "headers": {}} if',
            "request",
        ),
    ],
    ids=["parameter lost", "query lost", "literal media type", "field misspelt", "upload lost"],
)
def test_a_wrong_request_is_found(package, some_of, operation, file, old, new, what):  # noqa: PLR0917 - one row each
    plant(package, file, old, new)
    assert (operation, what) in found(verify(package, some_of(operation)))


@pytest.mark.parametrize(
    ("operation", "file", "old", "new", "what"),
    [
        (
            "GetCampaign",
            "models/campaign.py",
            "last_run_date: datetime.datetime | None | Unset",
            "last_run_date: datetime.datetime | Unset",
            "answer nulls",
        ),
        (
            "GetPlan",
            "_enums.py",
            "        if not isinstance(value, (str, int)) or isinstance(value, bool):\n            return None\n",
            "        return None\n",
            "answer unknown_enum",
        ),
        ("GetUserRoles", "api/users/get_user_roles.py", "-> list[str]:", "-> list[int]:", "answer full"),
        ("GetPlan", "_encode.py", "return _model_to_json(self)", "return {}", "answer full"),
        ("GetCampaign", "_decode.py", "dt.datetime: parse_datetime,", "dt.datetime: refuse,", "answer full"),
    ],
    ids=["null undeclared", "closed enum", "wrong type", "everything lost", "never read"],
)
def test_a_wrong_answer_is_found(package, some_of, operation, file, old, new, what):  # noqa: PLR0917 - one row each
    plant(package, file, old, new)
    report = verify(package, some_of(operation))
    assert (operation, what) in found(report)
    form = what.removeprefix("answer ")
    assert report.answers[form] == [0, 1]


@pytest.mark.parametrize(
    ("operation", "file", "old", "new", "forms", "reason"),
    [
        (
            "GetPlans",
            "_paginator.py",
            "    def _ends(self, answer: object, page: Page) -> bool:\n",
            "    def _ends(self, answer: object, page: Page) -> bool:\n        return True\n",
            {"full", "null", "last"},
            "entries of 3 came",
        ),
        (
            "GetPlans",
            "_pages.py",
            "return page._replace(items=_decode.decode(tp, page.items))",
            "return page",
            {"full", "null", "last"},
            "entry 1 is dict, declared PlanSummary",
        ),
        (
            "GetCampaigns",
            "_links.py",
            "query = [part for name, part in self._query if name not in named]",
            "query = []",
            {"full"},
            "request 2 has lost",
        ),
        (
            "GetCampaigns",
            "_paginator.py",
            'if target in (None, "", False):',
            'if target in ("", False):',
            {"null", "last"},
            "is not a way to the next page",
        ),
    ],
    ids=["first page only", "entries untyped", "filters lost", "null taken for a page"],
)
def test_a_wrong_iterator_is_found(package, some_of, operation, file, old, new, forms, reason):  # noqa: PLR0917 - one row each
    document = some_of(operation)
    assert verify(package, document).iterators == {"full": [1, 1], "null": [1, 1], "last": [1, 1]}
    plant(package, file, old, new)
    report = verify(package, document)
    assert {what for _, what in found(report)} >= {f"iterator {form}" for form in forms}
    assert {form for form, (good, _) in report.iterators.items() if not good} >= forms
    assert reason in reasons(report)


@pytest.mark.parametrize(
    ("media_type", "schema", "old", "new", "counted"),
    [
        ("application/xml", None, '"bytes":\n        return content', '"bytes":\n        return content[1:]', "files"),
        ("text/csv", {"type": "string"}, "    return text\n", "    return text.upper()\n", "texts"),
    ],
)
def test_a_file_or_text_that_is_changed_on_the_way_is_found(  # noqa: PLR0917 - one row each
    package, some_of, media_type, schema, old, new, counted
):
    document = some_of("ExportTestCase")
    (item,) = document["paths"].values()
    item["get"]["responses"]["200"]["content"] = {media_type: {"schema": schema} if schema else {}}
    if schema is not None:
        # The package reads a text there too.
        plant(package, "api/test_cases/export_test_case.py", '"bytes", "bytes"', '"text", "str"')
        plant(package, "api/test_cases/export_test_case.py", "-> bytes:", "-> str:")
    assert getattr(verify(package, document), counted) == [1, 1]
    plant(package, "_response.py", old, new)
    report = verify(package, document)
    assert getattr(report, counted) == [0, 1]
    assert "lost in reading" in reasons(report)


def test_an_odd_answer_fails_its_own_operation_and_no_other(package, some_of):
    document = some_of("GetPlan", "GetPlans", "GetCampaigns", "GetUserRoles")
    # Where JSON was promised, a page for people is what a gateway sends that wants somebody to log in: the guard then
    # holds back every call with the same pair.
    odd = document["paths"]["/v3.0/accounts/{accountId}/plans/{planId}"]["get"]["responses"]["200"]
    odd["content"] = {"text/html": {"schema": {"type": "string"}}}
    report = verify(package, document)
    assert {failure.operation for failure in report.failing} == {"GetPlan"}
    assert "with a login page where the API should" in reasons(report)
    assert report.requests_valid == [4, 4]


def test_a_second_call_after_a_401_is_found(package, some_of):
    plant(
        package,
        "_endpoint.py",
        "        self.warn()\n        return http.request(**arguments)",
        "        again = http.request(**arguments)\n"
        f"        return again if again.is_success else {BARE}.get_httpx_client().request(**arguments)",
    )
    report = verify(package, some_of("GetPlan"))
    assert found(report) == {("GetPlan", "unauthorized")}
    assert "2 requests on the wire" in reasons(report)


def test_an_endless_call_is_found(package, some_of):
    plant(
        package,
        "_endpoint.py",
        "return http.request(**arguments)",
        "return http.request(**arguments, timeout=None)",
    )
    report = verify(package, some_of("GetPlan"))
    assert found(report) == {("GetPlan", "timeout")}


def test_an_accepted_operation_does_not_fail_but_is_named(package, some_of):
    plant(package, "api/plans/get_plan.py", "/plans/{plan_id}", "/planz/{plan_id}")
    report = verify(package, some_of("GetPlan"), allow=["GetPlan"])
    assert report.ok
    assert report.as_report()["allowed"] == ["GetPlan"]
    assert report.requests_valid == [0, 1]


def test_code_that_reaches_out_is_stopped(package, some_of, tmp_path):
    outside = tmp_path / "outside"
    plant(package, "api/plans/get_plan.py", "ENDPOINT: ", f"open({str(outside)!r}, 'w').close()\nENDPOINT: ")
    report = verify(package, some_of("GetPlan"))
    assert found(report) == {("GetPlan", "import")}
    assert not outside.exists()


def test_code_that_never_ends_is_stopped(package, some_of):
    plant(package, "api/plans/get_plan.py", "ENDPOINT: ", "while True: pass\nENDPOINT: ")
    with pytest.raises(VerificationError, match="did not end within 3 s"):
        verify(package, some_of("GetPlan"), timeout=3)


def test_code_that_eats_memory_is_stopped(package, some_of):
    plant(package, "api/plans/get_plan.py", "ENDPOINT: ", "eaten = bytearray(8 << 30)\nENDPOINT: ")
    report = verify(package, some_of("GetPlan"))
    assert found(report) == {("GetPlan", "import")}
    assert "MemoryError" in reasons(report)
