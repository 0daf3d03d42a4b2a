"""For programs that PyInstaller freezes: it finds this by an entry point, and by it what no import names."""

from pathlib import Path


def hook_folders() -> list[str]:
    """Return the folder with the hooks, one for each package that needs more than its modules."""
    return [str(Path(__file__).parent)]
