"""Create users from a CSV file (username, email, roles parted by semicolons): `python create_users.py new.csv`.

Exit code 1 if a user could not be created; the others are created all the same.
Reads CYARA_BASE_URL, CYARA_ACCOUNT_ID, CYARA_API_CREDENTIAL; by a guess (bundled document) CYARA_ALLOW_INFERRED, too.
"""

import csv
import sys
from pathlib import Path

from cyara_auth import connect
from cyara_client.models import AttachUsersRequest, CreateUserRequest, CreateUsersBulkRequest


def read(file: str) -> list[CreateUserRequest]:
    """Return what to ask for, a user per line."""
    # Spreadsheets write a byte order mark in front of UTF-8, which would become part of the first column's name.
    with Path(file).open(encoding="utf-8-sig", newline="") as lines:
        return [
            CreateUserRequest(username=row["username"], email=row["email"], roles=row["roles"].split(";"))
            for row in csv.DictReader(lines)
        ]


def main(file: str) -> int:
    """Create the users, and give them access to the account."""
    with connect() as cyara:
        results = cyara.users.create_users_bulk(body=CreateUsersBulkRequest(users=read(file)))
        # Bulk creation answers 200 even if it refused some of the users; each result says for itself.
        created = [result.user_id for result in results if result.user_id]
        if created:
            cyara.users.attach_users_to_account_bulk(body=AttachUsersRequest(user_ids=created))
    for result in results:
        print(f"{result.username}: {result.error or 'created'}")
    return 0 if len(created) == len(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if sys.argv[1:] else __doc__)
