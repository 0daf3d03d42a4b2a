"""Draw the pictures of the report in docs/: `python3 scripts/screenshots.py` (needs the tools' .venv and Chromium).

Portal, names and times are invented and fixed, so that a new picture shows a change of the page and nothing else.
"""

from __future__ import annotations

import datetime as dt
import math
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
BEGAN: Final = dt.datetime(2026, 3, 29, 2, 0, tzinfo=dt.UTC)
CASES: Final = (
    "Balance by number",
    "Opening hours",
    "Lost card",
    "Transfer to an agent",
    "Order status",
    "New address",
)
REASONS: Final = {
    "Failed": "Step 2: expected 'Please enter your account number', heard silence",
    "Aborted": "The call was not answered",
}
WIDTH, HEIGHT = 1100, 1480
LARGEST: Final = 200_000


def _number(*parts: object) -> int:
    return zlib.crc32("/".join(map(str, parts)).encode())


def page() -> str:
    """Return the page of one night: a campaign that failed, one that could not call everybody, and one that passed."""
    from cyara_auth.workflows.verdict import Tally
    from cyara_tools.reports.html import render_html
    from cyara_tools.run.record import CampaignRecord, EarlierRun, Meaning, RunRecord, TestRecord, Verdict

    words = {"Success": Meaning.PASSED, "Failed": Meaning.FAILED, "Aborted": Meaning.NOT_CALLED}

    def campaign(number: int, name: str, results: list[str], *reasons: str) -> CampaignRecord:
        tests = [
            TestRecord(
                id=str(880_001 + place),
                name=f"{CASES[_number(number, place) % len(CASES)]} {place + 1:03}",
                result=result,
                meaning=words[result],
                # Three numbers from chance added up, so that most calls take about 41 s.
                duration_s=None
                if result == "Aborted"
                else 26.0 + math.fsum(_number(number, place, part) % 100 for part in range(3)) / 10,
                reason=REASONS.get(result),
            )
            for place, result in enumerate(results)
        ]
        tally = Tally(
            passed=results.count("Success"), failed=results.count("Failed"), not_called=results.count("Aborted")
        )
        trend = [
            EarlierRun(
                run=str(55_000 + day),
                started=BEGAN - dt.timedelta(days=14 - day),
                ended=None,
                tally=Tally(passed=len(results) - bad, failed=bad),
            )
            for day in range(14)
            for bad in [max(0, _number(number, day) % 5 - 2)]
        ]
        return CampaignRecord(
            id=number,
            name=name,
            run="55014",
            verdict=Verdict(tally.verdict),
            tally=tally,
            results=tests,
            reasons=reasons,
            started=BEGAN,
            ended=BEGAN + dt.timedelta(seconds=160 + number % 100),
            trend=trend,
        )

    good = ["Success"]
    failed = [*good * 40, "Failed", *good * 22, "Failed", "Aborted", *good * 30, "Failed", *good * 24]
    return render_html(
        RunRecord(
            verdict=Verdict.FAILED,
            exit_code=10,
            started=BEGAN,
            ended=BEGAN + dt.timedelta(minutes=9, seconds=41),
            portal="https://portal.example/cyarawebapi",
            account="1",
            campaigns=[
                campaign(812, "Nightly regression", failed, "3 of 120 calls failed; the gate allows none."),
                campaign(813, "Opening hours, all regions", good * 64),
                campaign(814, "Outbound reminders", [*good * 30, *["Aborted"] * 2], "2 of 32 calls could not be made."),
            ],
        )
    )


def main() -> int:
    """Write docs/run-report.png and docs/run-report-dark.png."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("Chromium is not installed. No picture was drawn. On Debian: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "run.html"
        file.write_text(page(), encoding="utf-8")
        for name, scheme in (("run-report", 1), ("run-report-dark", 0)):
            picture = ROOT / "docs" / f"{name}.png"
            drawn = subprocess.run(  # noqa: S603 - the program that was found, with options of our own
                [
                    *(chromium, "--headless=new", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=1"),
                    *(f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{HEIGHT}"),
                    *(f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={picture}", file.as_uri()),
                ],
                capture_output=True,
                timeout=60,
                check=False,
            )
            if drawn.returncode or picture.stat().st_size > LARGEST:
                print(f"{picture.name} was not drawn, or is larger than {LARGEST} bytes.", file=sys.stderr)
                return 1
            print(picture.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
