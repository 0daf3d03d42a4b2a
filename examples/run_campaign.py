"""Run a campaign from CI and fail the job if a test fails: `python run_campaign.py 812`.

Exit code 0: every call was listed and passed; 1: a call failed, was not made, or has no result; 2: the campaign could
not be run, or did not end within an hour.
Reads CYARA_BASE_URL, CYARA_ACCOUNT_ID and CYARA_API_CREDENTIAL.
"""

import sys

from cyara_auth import Pace, connect
from cyara_client import CyaraError


def main(campaign_id: int) -> int:
    """Run it to its end, print every result, and return the exit code."""
    try:
        with connect(user_agent="nightly-regression/1.0") as cyara:
            outcome = cyara.run_campaign(
                campaign_id,
                pace=Pace(interval=5, deadline=3600),
                on_progress=lambda now: print(f"{now.elapsed:.0f} s: still running"),
            )
    except CyaraError as error:
        # Errors carry advice as notes, which only a traceback would show.
        print(error, *getattr(error, "__notes__", ()), file=sys.stderr, sep="\n")
        return 2
    for result in outcome.results:
        print(f"{result.result}: {result.name} ({result.duration})")
    print(*outcome.problems, sep="\n", end="\n" if outcome.problems else "")
    counts = ", ".join(f"{count} {result}" for result, count in outcome.counts.items())
    print(f"campaign {campaign_id}: {outcome.verdict}; {counts or 'no results'}")
    return 0 if outcome.passed else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])) if sys.argv[1:] else __doc__)
