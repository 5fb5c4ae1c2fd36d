"""What a picture is made of: lines, circles, boxes and labels, for `svg` and `tikz` to write down.

Lengths are in points of 1/72 inch as TeX has them, x to the right and y down. A label is LaTeX of mathematics, as
`symnet.render.latex` writes it. An ink is a name, whose colour and stroke every writer takes from `INKS`.
"""

from dataclasses import dataclass

__all__ = ["INKS", "Box", "Circle", "Ink", "Item", "Label", "Line", "Picture", "Point"]

Point = tuple[float, float]


@dataclass(frozen=True)
class Ink:
    """rgb: `#rrggbb`, or None for the colour of the text around the picture. dashes: lengths on and off."""

    rgb: str | None = None
    width: float = 1.0
    dashes: tuple[float, float] | None = None


INKS = {
    "plain": Ink(),
    "thin": Ink("#777777", 0.4),
    "faded": Ink("#9a9a9a", 0.8, (3, 2)),
    "cross": Ink("#b3261e", 1.6),
    "backward": Ink("#b3261e"),
    "mark": Ink("#1f5fa8"),
}


@dataclass(frozen=True)
class Line:
    """Through the points, straight from one to the next; `curved` bends a line of three points into one arc."""

    points: tuple[Point, ...]
    ink: str = "plain"
    arrow: bool = False
    curved: bool = False


@dataclass(frozen=True)
class Circle:
    centre: Point
    radius: float
    ink: str = "plain"


@dataclass(frozen=True)
class Box:
    """A box with round corners around its centre."""

    centre: Point
    width: float
    height: float
    ink: str = "plain"


@dataclass(frozen=True)
class Label:
    """LaTeX of mathematics centred on a point; `halo` wipes out what lies below it."""

    at: Point
    latex: str
    ink: str = "plain"
    size: float = 11
    halo: bool = False


Item = Line | Circle | Box | Label


@dataclass(frozen=True)
class Picture:
    """Items in the order in which they are drawn; `title` says in words what is seen."""

    width: float
    height: float
    items: tuple[Item, ...]
    title: str
