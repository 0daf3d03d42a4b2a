"""Our own emitter: what the generator's templates cannot do, because they only shadow files of its package.

It copies the shared runtime, and renders from the document and from the modules just generated: the table of
operations, the resources with their iterators, aliases of earlier names, and facts about the build.
"""

from __future__ import annotations

from pipeline.index.writer import write_index

__all__ = ["write_index"]
