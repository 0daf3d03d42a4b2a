"""What an answer or an exception means for the pair: a pure table."""

import attrs

from cyara_auth.state import Outcome


@attrs.frozen(kw_only=True)
class RequestFacts:
    """What has to be known of a request to judge its answer.

    Attributes:
        injected: This hop carried our header to the bound origin.
        secured: The operation needs credentials (no explicit `security: []`, not listed as public).
        proven: The pair was proven when this call was admitted (`Ticket.proven`).
        json_expected: The document promises JSON for this operation; an HTML page instead is a login page.
    """

    injected: bool = True
    secured: bool = True
    proven: bool = False
    json_expected: bool = True


@attrs.frozen(kw_only=True)
class ResponseFacts:
    """What has to be known of an answer; taken at its headers, before the body.

    Attributes:
        status: Status code.
        media_type: `Content-Type` without parameters, lower case, empty if absent.
        challenge: `WWW-Authenticate`, empty if absent.
        server: `Server`, empty if absent.
        location: `Location`, as received; empty if absent.
        same_origin_redirect: The location stays on the bound origin.
    """

    status: int
    media_type: str = ""
    challenge: str = ""
    server: str = ""
    location: str = ""
    same_origin_redirect: bool = False


def classify(request: RequestFacts, answer: ResponseFacts | BaseException) -> Outcome:
    """Return what one hop taught about its pair."""
    raise NotImplementedError
