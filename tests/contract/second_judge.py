"""A judge by another hand: openapi-core looks at what went over the wire between a client and a local portal.

Our own verifier and the local portal share their reading of a document, and so their mistakes. Run as a program, with
the client to judge on PYTHONPATH, it prints what openapi-core refuses, as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import threading
import warnings
from functools import partial
from http.cookies import SimpleCookie
from http.server import ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from pipeline.verify.calls import Caller, client_for
from pipeline.verify.cases import make_cases
from werkzeug.datastructures import ImmutableMultiDict

from cyara_tools.portal import LocalPortal
from cyara_tools.portal.answers import AnswerFactory
from cyara_tools.portal.document import Document
from cyara_tools.portal.schema import Shapes

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "generated"))

from generated_kit import ReceivedRequest, Reply, Wire, handler_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyara_auth import Cyara

CONFIG = Config(
    # A file is judged as the text that its schema says it is, and not by what is in it.
    extra_media_type_deserializers={"application/problem+json": json.loads, "application/xml": bytes.decode}
)
ROUTING = {"connection", "keep-alive", "content-length", "date", "server", "transfer-encoding", "content-type", "host"}
"""Headers of one connection, which whoever passes an answer on leaves out."""


class Tap:
    """Passes requests on to a local portal, and keeps each with its answer."""

    def __init__(self, portal: LocalPortal) -> None:
        self.portal = portal
        self.seen: list[tuple[ReceivedRequest, httpx.Response]] = []
        self.base_url = ""
        self._client = httpx.Client(trust_env=False, timeout=30)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(Wire(answer=self._pass_on))) as server:
            self.base_url = f"http://127.0.0.1:{server.server_port}{urlsplit(self.portal.base_url).path}"
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            yield
            server.shutdown()
            thread.join(5)
        self._client.close()

    def _pass_on(self, request: ReceivedRequest) -> Reply:
        kept = {name: value for name, value in request.headers.items() if name not in ROUTING - {"content-type"}}
        answer = self._client.request(
            request.method, self.portal.origin + request.target, headers=kept, content=request.body
        )
        self.seen.append((request, answer))
        # Links of pages lead to the portal; here they lead to its next page by the same way.
        origin = self.base_url.removesuffix(urlsplit(self.base_url).path)
        body = answer.content.replace(self.portal.origin.encode(), origin.encode())
        passed = {name: value for name, value in answer.headers.items() if name not in ROUTING}
        media_type = answer.headers.get("content-type", "application/octet-stream")
        return Reply(status=answer.status_code, body=body, media_type=media_type, headers=passed)


def call_everything(base_url: str, credential: str, document: dict[str, Any]) -> None:
    """Call each operation once with all its arguments, and once, in an event loop, with those that it needs."""
    view = Document(document)
    shapes = Shapes(view)
    cases = [case for case in make_cases(view, shapes, AnswerFactory(document=view, shapes=shapes)) if case.callable]
    connect = partial(client_for, base_url, credential)
    with contextlib.closing(Caller(connect)) as caller:
        for case in cases:
            caller.call(case, "value", case.arguments)

    async def least() -> None:
        async with contextlib.aclosing(Caller(connect)) as caller:
            for case in cases:
                await caller.acall(case, "resource", {name: case.arguments[name] for name in case.least})

    asyncio.run(least())


def spend_an_afternoon(cyara: Cyara) -> None:
    """Use the simulated account as people do, so that its own answers are judged, and not only those from schemas."""
    # Not at the top: other documents have no such models.
    from cyara_auth import Pace
    from cyara_client.errors import NotFound
    from cyara_client.models import (
        AttachUsersRequest,
        CreateCampaignRequest,
        CreateUserRequest,
        CreateUsersBulkRequest,
        ImportTestCasesRequest,
        PlanType,
        UpdateCampaignRequest,
    )
    from cyara_client.types import File

    cases = [case.test_case_id for case in cyara.test_cases.iter_test_cases()]
    cyara.test_cases.get_test_case(test_case_id=cases[0])
    exported = cyara.test_cases.export_test_case(test_case_id=cases[0])
    upload = File(payload=BytesIO(exported), file_name="cases.xml", mime_type="application/xml")
    cyara.test_cases.import_test_cases(body=ImportTestCasesRequest(file=upload))
    pace = Pace(interval=0.05, deadline=30)
    cyara.validate_test_case(cases[0], pace=pace)
    plan = cyara.plans.get_plans().results[0]
    cyara.plans.get_plan(plan_id=plan.plan_id)
    wanted = CreateCampaignRequest(
        name="An afternoon", plan_id=plan.plan_id, plan_type=PlanType.PULSE, test_case_ids=cases[:3]
    )
    campaign = cyara.campaigns.create_campaign(body=wanted).campaign_id
    cyara.campaigns.update_campaign(campaign_id=campaign, body=UpdateCampaignRequest(name="A long afternoon"))
    list(cyara.campaigns.iter_campaigns())
    run = cyara.run_campaign(campaign, pace=pace).run.run_id
    cyara.campaigns.get_campaign(campaign_id=campaign)
    cyara.campaigns.get_campaign_run(campaign_id=campaign, run_id=run)
    cyara.campaigns.delete_campaign(campaign_id=campaign)
    with contextlib.suppress(NotFound):
        cyara.campaigns.get_campaign(campaign_id=campaign)
    for folder in cyara.directories.get_folders(directory_type="TestCase"):
        list(cyara.directories.iter_folder_contents(directory_type="TestCase", folder_id=folder.folder_id))
    cyara.users.get_user_roles()
    list(cyara.users.iter_users())
    made = cyara.users.create_user(body=CreateUserRequest(username="pat", roles=["QA Lead"])).user_id
    twice = [CreateUserRequest(username="pat"), CreateUserRequest(username="kim")]
    cyara.users.create_users_bulk(body=CreateUsersBulkRequest(users=twice))
    cyara.users.attach_user_to_account(user_id=made)
    cyara.users.attach_users_to_account_bulk(body=AttachUsersRequest(user_ids=[made]))
    cyara.users.get_user(user_id=made)
    cyara.users.get_user_accounts(user_id=made)
    cyara.users.detach_user_from_account(user_id=made)
    cyara.users.delete_user(user_id=made)


def readable(document: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Return the document as openapi-core can read it: served here, and with the `explode` of `deepObject` said."""
    text = json.dumps({**document, "servers": [{"url": base_url}]})
    made: dict[str, Any] = json.loads(text.replace('"style": "deepObject"', '"style": "deepObject", "explode": true'))
    return made


def refused(document: dict[str, Any], tap: Tap) -> Iterator[dict[str, str]]:
    """Yield what openapi-core refuses of what the tap has seen."""
    judge = OpenAPI.from_dict(readable(document, tap.base_url), config=CONFIG)
    for request, answer in tap.seen:
        target = urlsplit(request.target)
        origin = tap.base_url.removesuffix(urlsplit(tap.base_url).path)
        asked = MockRequest(
            origin,
            request.method,
            unquote(target.path),
            headers=request.headers,
            cookies={name: morsel.value for name, morsel in SimpleCookie(request.headers.get("cookie", "")).items()},
            data=request.body,
            content_type=request.headers.get("content-type", ""),
        )
        # A query may have one name several times.
        asked.parameters.query = ImmutableMultiDict(parse_qsl(target.query, keep_blank_values=True))
        said = MockResponse(
            answer.content, answer.status_code, dict(answer.headers), answer.headers.get("content-type", "")
        )
        call = f"{request.method} {target.path.removeprefix(urlsplit(tap.base_url).path)}"
        try:
            judge.validate_request(asked)
        except OpenAPIError as error:
            yield {"call": call, "what": "request", "why": _reasons(error)}
        # HTTP leaves the body out of an answer to HEAD, which openapi-core does not know.
        if request.method == "HEAD":
            continue
        try:
            judge.validate_response(asked, said)
        except OpenAPIError as error:
            yield {"call": call, "what": "answer", "why": _reasons(error)}


def _reasons(error: OpenAPIError) -> str:
    return " < ".join(f"{type(cause).__name__}: {_text(cause)}" for cause in _causes(error))


def _text(error: BaseException) -> str:
    try:
        return str(error)
    # openapi-core's own texts fail on bytes that are no UTF-8.
    except UnicodeError:
        return "bytes"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        # What the schema says against it stands beside, not under.
        yield from getattr(error, "schema_errors", ())
        error = error.__cause__


def main() -> None:
    """Judge the client on the path by a document, and print what was refused."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("document", type=Path, help="what the portal serves, and the client was generated from")
    parser.add_argument("--by", type=Path, help="another document to judge by, in which a fault was planted")
    parser.add_argument("--afternoon", action="store_true", help="also use the account that the bundled document has")
    options = parser.parse_args()
    document = json.loads(options.document.read_text("utf-8"))
    judged_by = json.loads(options.by.read_text("utf-8")) if options.by else document
    findings: list[dict[str, str]] = []
    seen: list[str] = []
    for stateful in (False, True) if options.afternoon else (False,):
        portal = LocalPortal(document, stateful=stateful, speed=200)
        with portal, (tap := Tap(portal)).listening():
            if stateful:
                with client_for(tap.base_url, portal.credential) as client:
                    spend_an_afternoon(client.with_options(account_id=portal.account_id))
            else:
                # Not in its other forms, which are what servers do against their documents.
                call_everything(tap.base_url, portal.credential, document)
            findings += refused(judged_by, tap)
            seen += [visit.operation for visit in portal.requests if visit.operation]
    sys.stdout.write(json.dumps({"operations": sorted(set(seen)), "calls": len(seen), "refused": findings}))


if __name__ == "__main__":
    main()
