"""Write the campaigns of one plan type to a CSV file: `python campaigns_to_csv.py Pulse pulse.csv`.

Reads CYARA_BASE_URL, CYARA_ACCOUNT_ID and CYARA_API_CREDENTIAL.
"""

import csv
import sys
from pathlib import Path

from cyara_auth import connect
from cyara_client.models import PlanType


def main(plan_type: str, file: str) -> None:
    """Write id, name, status and last run of each."""
    with connect() as cyara, Path(file).open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["id", "name", "status", "last run"])
        # The portal ignores the filter `plan_type=`, so the answer is filtered here.
        for campaign in cyara.campaigns.iter_campaigns():
            if campaign.plan_type == PlanType(plan_type):
                last_run = f"{campaign.last_run_date:%Y-%m-%d %H:%M}" if campaign.last_run_date else ""
                rows.writerow([campaign.campaign_id, campaign.name, campaign.status or "", last_run])


if __name__ == "__main__":
    main(*sys.argv[1:])
