"""Three invalid calls void a token: whose count it is depends on the reading, and all of them can be acted out."""

import threading

import httpx
import pytest

from cyara_tools.portal import LocalPortal

ANY_PATH = "/v3.0/accounts/1/campaigns"


def status_with(portal: LocalPortal, pair: str | None, path: str = ANY_PATH) -> int:
    headers = {} if pair is None else {"Authorization": f"ApiKey {pair}"}
    return httpx.get(portal.base_url + path, headers=headers, trust_env=False).status_code


def wrong(portal: LocalPortal) -> str:
    key, _, token = portal.credential.partition(":")
    return f"{key}:{'A' if token[0] != 'A' else 'B'}{token[1:]}"


@pytest.mark.parametrize(("reading", "current_survives"), [("A", True), ("B", False), ("C", False)])
def test_the_third_invalid_call_voids_what_the_reading_says(reading, current_survives):
    with LocalPortal(reading=reading) as portal:
        bad = wrong(portal)
        # A success in between changes nothing, as the count is cumulative.
        assert [status_with(portal, bad) for _ in range(2)] == [401, 401]
        assert status_with(portal, portal.credential) == 200
        assert status_with(portal, bad) == 401
        assert (status_with(portal, portal.credential) == 200) is current_survives
        assert portal.token_void is not current_survives
        assert portal.invalid_calls >= 3


def test_a_regenerated_token_starts_a_new_count_unless_the_key_is_locked():
    for reading, works in (("B", True), ("C", False)):
        with LocalPortal(reading=reading) as portal:
            for _ in range(3):
                status_with(portal, wrong(portal))
            fresh = portal.regenerate_token()
            assert fresh == portal.credential
            assert (status_with(portal, fresh) == 200) is works


def test_the_old_token_is_invalid_after_a_regeneration_and_counts_against_the_new_one():
    with LocalPortal() as portal:
        old = portal.credential
        portal.regenerate_token()
        assert status_with(portal, old) == 401
        assert portal.invalid_calls_by_token == (0, 1)


def test_consecutive_counting_forgives_after_a_success():
    with LocalPortal(counting="consecutive") as portal:
        # One more than the three that would void the token.
        for _ in range(4):
            status_with(portal, wrong(portal))
            assert status_with(portal, portal.credential) == 200


def test_another_key_and_no_header_cost_nothing():
    with LocalPortal() as portal:
        # The right token under another key: nothing names the key that could be charged.
        stranger = "0" * 32 + ":" + portal.credential.partition(":")[2]
        assert status_with(portal, stranger) == 401
        assert status_with(portal, None) == 401
        assert portal.invalid_calls == 0


@pytest.mark.parametrize("form", ["{pair}", "apikey {pair}", "ApiKey  {pair}", "Bearer {pair}", "ApiKey ApiKey {pair}"])
def test_only_the_documented_form_of_the_header_is_let_in(form):
    with LocalPortal() as portal:
        header = {"Authorization": form.format(pair=portal.credential)}
        assert httpx.get(portal.base_url + ANY_PATH, headers=header, trust_env=False).status_code == 401


def test_news_of_a_token_can_spread_node_by_node():
    with LocalPortal(nodes=3) as portal:
        portal.regenerate_token(nodes=1)
        # Requests go to the nodes in turn, and only one of the three knows the new token.
        assert sorted(status_with(portal, portal.credential) for _ in range(3)) == [200, 401, 401]
    with LocalPortal(nodes=3) as portal:
        portal.regenerate_token(nodes=1)
        portal.propagate()
        assert [status_with(portal, portal.credential) for _ in range(3)] == [200] * 3


def test_a_regeneration_can_be_timed_by_arrival():
    with LocalPortal() as portal:
        pair = portal.credential
        portal.regenerate_before(3)
        assert [status_with(portal, pair) for _ in range(4)] == [200, 200, 401, 401]


def test_a_hundred_callers_at_once_are_all_counted():
    with LocalPortal() as portal:
        bad, statuses = wrong(portal), []
        threads = [threading.Thread(target=lambda: statuses.append(status_with(portal, bad))) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [401] * 100
        assert portal.invalid_calls == 100


def test_the_credential_is_new_at_each_start():
    with LocalPortal() as one, LocalPortal() as two:
        assert one.credential != two.credential
