"""Users of the portal and their access to the account."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_tools.portal.domain.problems import ProblemError, existing, not_found

if TYPE_CHECKING:
    from cyara_tools.portal.json_types import Json

ROLES: Final = (
    "User Admin",
    "QA Lead",
    "QA Engineer",
    "QA Analyst",
    "Development Lead",
    "Development Engineer",
    "Operations Lead",
    "Operations Engineer",
    "Business Analyst",
    "Business Executive",
)
SEEDED: Final = 60
_FIELDS: Final = ("username", "firstName", "surname", "email", "telephone", "mobile", "roles")


@attrs.define
class Users:
    """All users, and which of them may use the account."""

    seed: int
    account: int
    _users: dict[str, dict[str, Json]] = attrs.field(factory=dict[str, dict[str, Any]], init=False)
    _attached: set[str] = attrs.field(factory=set[str], init=False)

    def populate(self) -> None:
        """Make the users that are there from the start."""
        for number in range(1, SEEDED + 1):
            made = self.create(
                {
                    "username": f"user{number:02}",
                    "firstName": "User",
                    "surname": f"Number {number:02}",
                    "email": f"user{number:02}@example.com",
                    "roles": [ROLES[number % len(ROLES)]],
                }
            )
            self._attached.add(made["userId"])

    def all(self) -> list[Json]:
        """Return every user."""
        return list(self._users.values())

    def of_account(self) -> list[Json]:
        """Return the users who may use the account."""
        return [user for number, user in self._users.items() if number in self._attached]

    def get(self, user_id: str) -> dict[str, Json]:
        """Return one user."""
        return existing(self._users.get(user_id.lower()), "user", user_id)

    def create(self, body: dict[str, Json]) -> dict[str, Json]:
        """Make a user from a request's body."""
        if any(user["username"] == body["username"] for user in self._users.values()):
            raise ProblemError(409, f"There is a user {body['username']} already.")
        # From the name and the seed, so that a script sees the same ids each time.
        number = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.seed}/user/{body['username']}"))
        self._users[number] = {"userId": number, **{name: body.get(name) for name in _FIELDS}}
        return self._users[number]

    def create_bulk(self, body: list[dict[str, Json]]) -> list[Json]:
        """Make several users and say for each what became of it."""
        results: list[Json] = []
        # A refused entry does not stop the others: each has a result of its own.
        for entry in body:
            try:
                made = self.create(entry)
                results.append({"userId": made["userId"], "username": made["username"], "error": None})
            except ProblemError as refusal:
                results.append({"userId": None, "username": entry["username"], "error": refusal.detail})
        return results

    def delete(self, user_id: str) -> None:
        """Forget a user."""
        number = self.get(user_id)["userId"]
        del self._users[number]
        self._attached.discard(number)

    def accounts(self, user_id: str) -> list[Json]:
        """Return the accounts that a user may use."""
        attached = self.get(user_id)["userId"] in self._attached
        return [{"accountId": self.account, "name": "Main"}] if attached else []

    def attach(self, user_id: str) -> None:
        """Let a user use the account."""
        self._attached.add(self.get(user_id)["userId"])

    def detach(self, user_id: str) -> None:
        """Take the account from a user who may use it."""
        number = self.get(user_id)["userId"]
        if number not in self._attached:
            raise not_found("access to the account of user", user_id)
        self._attached.remove(number)

    def attach_bulk(self, user_ids: list[str]) -> list[Json]:
        """Let several users use the account and say for each what became of it."""
        results: list[Json] = []
        for user_id in user_ids:
            try:
                self.attach(user_id)
                results.append({"userId": user_id, "username": self.get(user_id)["username"], "error": None})
            except ProblemError as refusal:
                results.append({"userId": user_id, "username": None, "error": refusal.detail})
        return results
