"""Draw `docs/house.svg` from the imports, so that the picture cannot lie: `python3 tests/house/draw_house.py`.

Floors are those of `import_graph`, rooms are folders with the names of their modules, captions are the first lines of
their docstrings. An arrow says "imports"; one that follows from two others is left out. A test compares the file with
what is drawn here.
"""

from __future__ import annotations

import ast
import textwrap
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import import_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURE = import_graph.ROOT / "docs" / "house.svg"
CLIENT = "cyara_client"
WIDTH, MARGIN = 980, 24
# The house has two columns with a stairwell between them; the generated client stands beside it.
LEFT, STAIRS, RIGHT, ANNEX = (40, 430), (430, 500), (500, 750), (812, WIDTH - MARGIN)
LINE, GAP, PAD = 16, 26, 10
CHARACTER = {"m": 6.65, "c": 6.0}
"""Widest average of a character in pixels, for names and for captions: no font is measured here."""
# Readable on a light and on a dark ground, as lines, and as the faint fill of a room.
ACCENTS = ("#7d8590", "#7d8590", "#c69026", "#2da077", "#d4722b", "#3f83e0", "#3a9fb8", "#8b6ce0", "#c060a8", "#d0574e")
STYLE = """
.bg{fill:#fff}.wall,.stairs{fill:#f3f5f8;stroke:#c3cad3}.stairs{stroke:none;opacity:.65}.line{fill:none;stroke:#4f5964;stroke-width:1.4}
text{font:12px -apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}.c{fill:#57606a;font-size:11px}
.t,.m{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
.t{font-weight:600;font-size:13px}.m{font-size:11px}.head{fill:#4f5964}.builds{stroke-dasharray:5 4}
.room{fill-opacity:.12;stroke-width:1.3}
@media (prefers-color-scheme:dark){.bg{fill:#0d1117}.wall,.stairs{fill:#161b22;stroke:#3d444d}
text{fill:#e6edf3}.c{fill:#9da7b3}.line{stroke:#9da7b3}.head{fill:#9da7b3}}
"""
HEAD = (
    '<marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="head" d="M0 0L10 5L0 10z"/></marker>'
)


class Box(NamedTuple):
    """A room on the paper."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        """Half of its height."""
        return (self.top + self.bottom) / 2


class Room(NamedTuple):
    """What stands in a room: its name, what its docstring says, and its modules."""

    name: str
    caption: str
    modules: list[str]


def caption(source: str) -> str:
    """Return the first line of a docstring, without the marks of code."""
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0].replace("`", "").rstrip(".")


def rooms_below(folder: str, sources: dict[str, str]) -> list[Room]:
    """Return the folders below one as rooms, and first, where it has any, its own modules.

    A folder in a room is one name in it.
    """
    names: dict[str, set[str]] = {}
    for path in sources:
        if path.startswith(f"{folder}/"):
            *room, first = path.removeprefix(f"{folder}/").removesuffix(".py").split("/")[:3]
            names.setdefault("/".join(room[:1]), set()).add(f"{room[1]}/" if len(room) > 1 else first)
    return [
        Room(
            name=name or folder,
            caption=caption(sources.get(f"{folder}/{name}/__init__.py" if name else f"{folder}/__init__.py", "")),
            modules=sorted(modules - {"__init__"}, key=lambda module: (module.startswith("_"), module)),
        )
        for name, modules in sorted(names.items())
        if modules != {"__init__"}
    ]


def rooms_of_the_house(sources: dict[str, str]) -> dict[str, Room]:
    """Return the rooms of `cyara_auth` by name."""
    below = {room.name: room for room in rooms_below("cyara_auth", sources)}
    below[import_graph.VOCABULARY] = Room(import_graph.VOCABULARY, "The words that every room uses", [])
    for module in below.pop("cyara_auth").modules:
        if module in {room for rooms in import_graph.FLOORS for room in rooms}:
            below[module] = Room(f"{module}.py", caption(sources[f"cyara_auth/{module}.py"]), [])
        else:
            below[import_graph.VOCABULARY].modules.append(module)
    below["__init__"] = Room("__init__.py", caption(sources["cyara_auth/__init__.py"]), [])
    return below


def arrows(sources: dict[str, str]) -> list[tuple[str, str]]:
    """Return which room imports which, less what follows from others; every touch of the client stays."""
    graph: dict[str, set[str]] = {}
    house = {path: source for path, source in sources.items() if import_graph.room(import_graph.module_name(path))}
    for module, targets in import_graph.import_graph(house).items():
        importer = str(import_graph.room(module))
        rooms = {import_graph.room(each) or (CLIENT if each.split(".")[0] == CLIENT else importer) for each in targets}
        graph.setdefault(importer, set()).update(rooms - {importer})

    def reached(room: str) -> set[str]:
        return {further for near in graph.get(room, ()) for further in {near, *reached(near)}}

    return [
        (importer, imported)
        for importer, targets in sorted(graph.items())
        for imported in sorted(targets)
        if imported == CLIENT or not any(imported in reached(other) for other in targets - {imported})
    ]


def wrapped(words: str, width: float, kind: str) -> list[str]:
    """Return lines of at most so many pixels."""
    return textwrap.wrap(words, int(width / CHARACTER[kind]), break_long_words=False, break_on_hyphens=False)


def text(x: float, y: float, words: str, kind: str, more: str = "") -> str:
    """Return one line of text."""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}"{more}>{escape(words, quote=False)}</text>'


def written(room: Room, width: float, *, beside: bool = False) -> list[tuple[str, str]]:
    """Return the lines of a room with their kinds; its caption may be written elsewhere."""
    captions = [] if beside else [("c", line) for line in wrapped(room.caption, width, "c")]
    return [("t", room.name), *captions, *(("m", line) for line in wrapped(", ".join(room.modules), width, "m"))]


def area(kind: str, box: Box, more: str = "") -> str:
    """Return a filled rectangle."""
    size = f'width="{box.right - box.left:g}" height="{box.bottom - box.top:g}"'
    return f'<rect class="{kind}" x="{box.left:g}" y="{box.top:g}" {size}{more}/>'


def furnished(box: Box, lines: list[tuple[str, str]], accent: str) -> Iterator[str]:
    """Yield a room with its lines."""
    yield area("room", box, f' rx="6" fill="{accent}" stroke="{accent}"')
    for number, (kind, line) in enumerate(lines):
        yield text(box.left + PAD, box.top + PAD + 10 + number * LINE, line, kind)


def height(*rooms: list[tuple[str, str]]) -> float:
    """Return how high a floor has to be for the longest of these rooms."""
    return max(map(len, rooms)) * LINE + 2 * PAD - 2


def arrow(points: list[tuple[float, float]], more: str = "") -> str:
    """Return a line with a head at its end."""
    path = " L".join(f"{x:g} {y:g}" for x, y in points)
    return f'<path class="line{more}" d="M{path}" marker-end="url(#a)"/>'


def _door(box: Box) -> float:
    """Return where a room opens to the stairs."""
    return box.right if box.left == LEFT[0] else box.left


def _free_lane(taken: list[tuple[float, float, float]], top: float, bottom: float, *, from_left: bool) -> float:
    """Return the first lane of the stairs that nobody climbs on between two heights, from the side of the target."""
    lanes = range(STAIRS[0] + 15, STAIRS[1] - 10, 10)
    return next(
        lane
        for lane in (lanes if from_left else reversed(lanes))
        if not any(lane == other and top - GAP / 2 < end and start < bottom + GAP / 2 for other, start, end in taken)
    )


class Drawing:
    """The picture, from the roof down: each method draws one part and moves the pencil below it."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources
        self.arrows = arrows(sources)
        self.boxes: dict[str, Box] = {}
        self.parts: list[str] = []
        self.y = float(MARGIN)

    def roof(self) -> None:
        """Draw the attic: what a person starts."""
        rooms = rooms_below("cyara_tools", self.sources)
        eaves, slope = (LEFT[0] - 32, RIGHT[1] + 32), 46
        width = (eaves[1] - eaves[0] - 2 * slope - PAD) / 2
        lines = [written(room, width - 2 * PAD) for room in rooms]
        top, inner = self.y, self.y + 34
        bottom = inner + height(*lines) + PAD
        corners = ((eaves[0], bottom), (eaves[0] + slope - 12, top), (eaves[1] - slope + 12, top), (eaves[1], bottom))
        self.parts.append(f'<polygon class="wall" points="{" ".join(f"{x:g},{y:g}" for x, y in corners)}"/>')
        self.parts.append(text(eaves[0] + slope, top + 22, "cyara_tools", "t"))
        said = caption(self.sources["cyara_tools/__init__.py"])
        self.parts.append(text(eaves[0] + slope + 100, top + 22, said, "c"))
        for number, each in enumerate(lines):
            left = eaves[0] + slope + number * (width + PAD)
            self.parts += furnished(Box(left, inner, left + width, bottom - PAD), each, ACCENTS[-1])
        self.boxes["cyara_tools"] = Box(LEFT[0], top, LEFT[1], bottom)
        self.y = bottom

    def floors(self) -> None:
        """Draw `cyara_auth`, floor by floor, and the wall around it."""
        rooms = rooms_of_the_house(self.sources)
        drawn: list[str] = []
        eaves = self.y
        self.y += 28
        drawn.append(text(LEFT[0], self.y - 9, "cyara_auth", "t"))
        for floor, names in reversed(list(enumerate(import_graph.FLOORS[:-1]))):
            columns = [LEFT, RIGHT]
            alone = len(names) == 1
            lines = [
                written(rooms[name], column[1] - column[0] - 2 * PAD, beside=alone)
                for name, column in zip(names, columns, strict=False)
            ]
            beside = wrapped(rooms[names[0]].caption, RIGHT[1] - RIGHT[0] - 2 * PAD, "c") if alone else []
            bottom = self.y + height(*lines, [("c", line) for line in beside])
            for name, column, each in zip(names, columns, lines, strict=False):
                self.boxes[name] = Box(column[0], self.y, column[1], bottom)
                whole = Box(LEFT[0], self.y, RIGHT[1], bottom) if alone else self.boxes[name]
                drawn += furnished(whole, each, ACCENTS[floor])
            if alone:
                drawn.append(area("stairs", Box(STAIRS[0], self.y + 1, STAIRS[1], bottom - 1)))
            drawn += (text(RIGHT[0] + PAD, self.y + PAD + 10 + n * LINE, line, "c") for n, line in enumerate(beside))
            self.y = bottom + GAP
        self.y += PAD - GAP
        self.parts.append(area("wall", Box(LEFT[0] - 16, eaves, RIGHT[1] + 16, self.y)))
        self.parts += drawn

    def annex(self) -> None:
        """Draw the generated client, as high as the highest room that imports it."""
        top = min(self.boxes[importer].top for importer, imported in self.arrows if imported == CLIENT)
        box = self.boxes[CLIENT] = Box(ANNEX[0], top, ANNEX[1], self.y)
        width = ANNEX[1] - ANNEX[0] - 2 * PAD
        own, *folders = rooms_below(CLIENT, self.sources)
        names = [*(f"{room.name}/" for room in folders), *own.modules]
        said = [("c", line) for line in wrapped(own.caption, width, "c")]
        lines = [("t", CLIENT), *said, *(("m", name) for name in names)]
        self.parts.append(area("wall", Box(box.left - PAD, top - PAD, box.right + PAD, self.y)))
        self.parts += furnished(Box(box.left, top, box.right, self.y - PAD), lines, ACCENTS[0])

    def basement(self) -> None:
        """Draw the workshop below the ground: what makes the client from a document."""
        ground = self.y
        self.parts.append(f'<path class="line" d="M{MARGIN - 12} {ground:g} L{WIDTH - MARGIN + 12} {ground:g}"/>')
        self.y += 30
        self.parts.append(text(MARGIN, self.y, "scripts/pipeline", "t"))
        self.parts.append(text(MARGIN + 140, self.y, caption(self.sources["pipeline/__init__.py"]), "c"))
        self.y += 14
        count, width = 4, (WIDTH - 2 * MARGIN + PAD) / 4 - PAD
        bottoms = [self.y] * count
        for room in sorted(rooms_below("pipeline", self.sources), key=lambda room: -len(room.modules)):
            # Each room goes where there is most space left.
            column = bottoms.index(min(bottoms))
            left, lines = MARGIN + column * (width + PAD), written(room, width - 2 * PAD, beside=True)
            box = Box(left, bottoms[column], left + width, bottoms[column] + height(lines))
            self.parts += furnished(box, lines, ACCENTS[0])
            bottoms[column] = box.bottom + PAD
        self.y = max(bottoms) + 16
        x = (ANNEX[0] + ANNEX[1]) / 2
        self.parts.append(arrow([(x, ground + 44), (x, ground + 2)], " builds"))
        self.parts.append(text(x + 8, ground + 24, "builds", "c"))

    def stairs(self) -> None:
        """Draw the arrows: straight to the room below or beside, by the stairs to all others."""
        climbs: dict[str, list[tuple[float, float]]] = {}
        for importer, imported in self.arrows:
            start, end = self.boxes[importer], self.boxes[imported]
            if imported == CLIENT:
                self.parts.append(arrow([(RIGHT[1], start.middle), (end.left - 1, start.middle)]))
            elif start.top == end.top:
                self.parts.append(arrow([(_door(start), start.middle + 7), (_door(end), end.middle + 7)]))
            elif start.left == end.left and 0 < end.top - start.bottom <= GAP:
                x = (start.left + start.right) / 2
                self.parts.append(arrow([(x, start.bottom), (x, end.top - 1)]))
            else:
                # Out of the attic leads a hatch; every other room has a door to the stairs.
                foot = start.bottom if importer == "cyara_tools" else start.middle
                climbs.setdefault(imported, []).append((_door(start), foot))
        lanes: list[tuple[float, float, float]] = []
        for imported, starts in sorted(climbs.items(), key=lambda climb: self.boxes[climb[0]].top):
            end = self.boxes[imported]
            top, bottom = min(y for _x, y in starts), end.middle - 7
            lane = _free_lane(lanes, top, bottom, from_left=_door(end) == STAIRS[0])
            lanes.append((lane, top, bottom))
            for x, y in starts:
                begin = [(lane, y)] if y == self.boxes["cyara_tools"].bottom else [(x, y), (lane, y)]
                self.parts.append(arrow([*begin, (lane, bottom), (_door(end), bottom)]))

    def svg(self) -> str:
        """Return the picture."""
        self.roof()
        self.floors()
        self.annex()
        self.stairs()
        self.basement()
        self.parts.append(text(MARGIN, self.y, "An arrow says: imports. What follows from others is left out.", "c"))
        bottom = self.y + MARGIN - 8
        size = f'width="{WIDTH}" height="{bottom:g}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {WIDTH} {bottom:g}" role="img">',
                "<title>The modules of the project, floor by floor</title>",
                f"<style>{STYLE}</style>",
                f"<defs>{HEAD}</defs>",
                f'<rect class="bg" {size} rx="8"/>',
                *self.parts,
                "</svg>\n",
            ]
        )


def drawn() -> str:
    """Return the picture of the repository as it is."""
    return Drawing(import_graph.read_sources("auth_ext", "generated", "scripts")).svg()


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8", newline="\n")
