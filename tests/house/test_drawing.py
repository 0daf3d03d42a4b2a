"""The picture of the house is what the imports are: drawn again it is the same file, byte for byte."""

import xml.etree.ElementTree as ET

import draw_house
import import_graph
import pytest


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return import_graph.read_sources("auth_ext", "generated", "scripts")


def test_the_picture_is_the_one_that_the_imports_make():
    assert draw_house.PICTURE.read_bytes() == draw_house.drawn().encode(), "run: python3 tests/house/draw_house.py"


def test_it_is_well_formed_and_tells_what_it_shows():
    picture = ET.fromstring(draw_house.PICTURE.read_text("utf-8"))  # noqa: S314 - our own file
    namespace = "{http://www.w3.org/2000/svg}"
    assert picture.tag == f"{namespace}svg"
    assert picture.find(f"{namespace}title") is not None


def test_every_room_and_every_module_of_ours_is_named(sources: dict[str, str]):
    picture = draw_house.PICTURE.read_text("utf-8")
    names = {
        part.removesuffix(".py")
        for path in sources
        if path.startswith(("cyara_auth/", "cyara_tools/", "pipeline/"))
        for part in path.split("/")[1:3]
    } - {"__init__"}
    assert [name for name in sorted(names) if name not in picture] == []


def test_an_arrow_follows_an_import(sources: dict[str, str]):
    before = draw_house.arrows(sources)
    assert ("guard", "strikes") not in before, "it follows from the stores"
    path = "cyara_auth/drift/drift.py"
    after = draw_house.arrows({**sources, path: f"{sources[path]}\nimport cyara_auth.guard.core\n"})
    assert set(after) - set(before) == {("drift", "guard")}
