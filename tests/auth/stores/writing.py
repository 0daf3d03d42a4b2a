"""Run by `test_bucket.py`, several at once: report strikes as fast as the store takes them.

Arguments: the store's URL; the pair; how many. Says how many reports have changed the state.
"""

import sys

from events import report_strike  # a script has its folder first on the path

from cyara_auth.stores.registry import open_store


def main(url: str, pair: str, count: str) -> None:
    store = open_store(url, environ={})
    changed = sum(report_strike(store, store.clock(), pair=pair).changed for _ in range(int(count)))
    sys.stdout.write(str(changed))


if __name__ == "__main__":
    main(*sys.argv[1:])
