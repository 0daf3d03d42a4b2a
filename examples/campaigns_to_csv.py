"""Write the campaigns of one plan type to a CSV file: `python campaigns_to_csv.py Pulse pulse.csv`.

Reads CYARA_BASE_URL, CYARA_ACCOUNT_ID and CYARA_API_CREDENTIAL.
"""

import csv
import sys
from pathlib import Path

from cyara_auth import connect


def main(plan_type: str, file: str) -> None:
    """Write id, name, status and last run of each."""
    with connect() as cyara:
        campaigns = list(cyara.campaigns.iter_campaigns())
    # The portal ignores the filter `plan_type=`, so the answer is filtered here.
    found = [campaign for campaign in campaigns if campaign.plan_type == plan_type]
    if not found:
        there = sorted({str(campaign.plan_type) for campaign in campaigns})
        sys.exit(f"No campaign has the plan type {plan_type}; there are: {', '.join(there)}")
    with Path(file).open("w", encoding="utf-8", newline="") as out:
        # `newline=""` above is for this writer, which ends its lines itself.
        rows = csv.writer(out)
        rows.writerow(["id", "name", "status", "last run"])
        for campaign in found:
            last_run = f"{campaign.last_run_date:%Y-%m-%d %H:%M}" if campaign.last_run_date else ""
            rows.writerow([campaign.campaign_id, campaign.name, campaign.status or "", last_run])


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004 - the script's name and two arguments
        sys.exit(__doc__)
    main(*sys.argv[1:])
