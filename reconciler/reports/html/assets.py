"""Style sheets, scripts and the icon of the HTML pages, read from the files beside this module."""

from importlib.resources import files

_FOLDER = files(__package__)


def _text(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


# Inside a page, both begin on the line after their tag.
PAGE_STYLE = "\n" + _text("page.css")
PAGE_SCRIPT = "\n" + _text("page.js")
WALL_STYLE = "\n" + _text("wall.css")
WALL_SCRIPT = _text("wall.js")
WALL_SEARCH = "\n" + _text("wall_search.js")
ICON = _text("icon.svg")
