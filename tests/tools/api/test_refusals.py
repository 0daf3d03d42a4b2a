"""What is wrong is one sentence, exit code 2, and nothing sent."""

from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

from .typing_person import Person


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("campaigns list --page-size ten", "--page-size takes a whole number, not 'ten'. Nothing was sent."),
        ("campaigns get twelve", "CAMPAIGN_ID takes a whole number, not 'twelve'. Nothing was sent."),
        ("users get 12", "USER_ID takes a GUID such as"),
        (
            "campaigns list --plan-type Plse",
            "Did you mean Pulse? Another value goes by: cyara call GetCampaigns --param",
        ),
        ("campaigns get-campaign-runs 1 --from-date soon", "--from-date takes a time such as 2024-01-31T09:00:00Z"),
        ("users create", "A body is missing. Nothing was sent. Next: give --username; an empty object is --body '{}'"),
        ("users create --surname x", "Nothing was sent. Next: give --username, or --body with all of it"),
        (
            "users create --body {",
            "--body takes JSON, @FILE for what is in a file, or - for standard input; this is no",
        ),
        ("users create --body []", "--body has to be an object here"),
        ("users create --body @gone.json", "gone.json cannot be read: No such file or directory. Nothing was sent."),
        ("users create --body @latin.json", "latin.json is no text in UTF-8. Nothing was sent."),
        ("users create -f usernme=x", "has no field 'usernme'. Nothing was sent. Did you mean username"),
        ("users create -f username", "--field takes KEY=VALUE. Nothing was sent. Next: --field name=Nightly"),
        ("users create --username x -f username.y=z", "--field username.y: username is no object here"),
        ("campaigns create --name x --plan-id y", "--plan-id takes a whole number, not 'y'. Nothing was sent."),
        (
            'campaigns create --body {"name":5,"planId":1,"planType":"Pulse","testCaseIds":[]}',
            "The body does not fit in: name. Nothing was sent.",
        ),
        ("testcases import gone.xml", "gone.xml cannot be read: No such file or directory. Nothing was sent."),
        ("testcases import .", "cannot be read: Is a directory. Nothing was sent."),
        ("campaigns list --fields nmae", "There is no field nmae. Nothing was sent. Did you mean name?"),
        ("campaigns list --query [", "--query"),
        ("campaigns list --limit 1 --all", "Nothing was sent"),
        ("campaigns delete 812", "/accounts/1/campaigns/812 at http://127.0.0.1"),
        ("campaigns delete 812", "deletes, and nobody can be asked here. Nothing was sent. Next: give --yes"),
        ("campaigns get", "CAMPAIGN_ID"),
        ("campaigns get 1 2", "unexpected extra argument"),
        ("campaigns list --page-sze 3", "--page-size"),
        ("campaigns lst", "cyara campaigns has no command 'lst'. Did you mean list?"),
        ("campaings list", "There is no command 'campaings'. Did you mean campaigns?"),
        ("api campaings", "cyara api has no command 'campaings'. Did you mean campaigns?"),
        ("GetCampaigns", "There is no command 'GetCampaigns'. Did you mean: cyara campaigns list?"),
        ("getCampaignRuns", "Did you mean: cyara campaigns get-campaign-runs?"),
        ("users get-campaigns", "Did you mean: cyara campaigns list?"),
        ("auth statsu", "cyara auth has no command 'statsu'. Did you mean status"),
        ("campaigns --limit", "No such option"),
        ("directories get-folders Campaign", "DIRECTORY_TYPE takes one of TestCase, not 'Campaign'. Nothing was sent."),
    ],
)
def test_a_mistake_costs_nothing(person: Person, line: str, said: str):
    Path("latin.json").write_bytes(b'{"username": "\xe9"}')
    assert said in person.refused(line)


def test_an_account_that_nobody_names_ends_with_7(person: Person, portal: LocalPortal):
    person.set(CYARA_ACCOUNT_ID="")
    said = person.types("campaigns list")
    assert said.code == 7
    assert said.err == "No account is named. Nothing was sent. Next: give --account NUMBER, or set CYARA_ACCOUNT_ID\n"
    assert portal.arrivals == 0
    assert person.types("campaigns list --account 1").code == 0


def test_a_guess_that_changes_something_is_not_sent_unasked(person: Person):
    # Nothing listens there, and nothing says that a local portal did.
    person.set(CYARA_BASE_URL="http://127.0.0.1:9/cyarawebapi")
    refused = person.types("campaigns execute 812")
    assert (refused.code, refused.out) == (7, "")
    assert "--allow-inferred" in refused.err
    assert person.types("campaigns delete 812").code == 7, "nobody is asked about what may not be sent"
    assert person.types("campaigns execute 812 --allow-inferred").code == 8, "sent, and nobody answered"
    person.set(CYARA_ALLOW_INFERRED="1")
    assert person.types("campaigns execute 812").code == 8


def test_yes_is_all_that_a_deletion_needs(person: Person, portal: LocalPortal):
    assert person.types("campaigns get 812").code == 0
    assert person.types("campaigns delete 812 --yes").code == 0
    assert person.types("campaigns get 812").code == 8
    assert [visit.method for visit in portal.requests] == ["GET", "DELETE", "GET"]


def test_without_a_base_url_or_a_credential_the_codes_are_those_of_auth(person: Person, portal: LocalPortal):
    person.set(CYARA_API_CREDENTIAL="")
    assert person.types("campaigns list").code == 3
    person.set(CYARA_BASE_URL="")
    assert person.types("campaigns list").code == 7
    assert portal.arrivals == 0
