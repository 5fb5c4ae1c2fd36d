"""A picture as TikZ: `\\begin{tikzpicture} … \\end{tikzpicture}`, for a document that loads tikz."""

from symnet.drawing.picture import INKS, Box, Circle, Item, Label, Line, Picture, Point

__all__ = ["tikz"]


def tikz(picture: Picture) -> str:
    """The picture in LaTeX; needs `\\usepackage{tikz}` and amsmath, and no TikZ library."""
    colours = [
        rf"\definecolor{{symnet{name}}}{{HTML}}{{{ink.rgb[1:].upper()}}}" for name, ink in INKS.items() if ink.rgb
    ]
    body = [f"  {_item(item)}" for item in picture.items]
    title = f"% {picture.title}"
    return "\n".join([title, *colours, r"\begin{tikzpicture}[x=1pt,y=-1pt]", *body, r"\end{tikzpicture}"])


def _item(item: Item) -> str:
    options = ",".join(_options(item.ink))
    match item:
        case Line(points):
            arrow = ["->"] if item.arrow else []
            return rf"\draw[{','.join([*arrow, *_options(item.ink)])}] {_path(points, item.curved)};"
        case Circle(centre, radius):
            return rf"\filldraw[fill=white,{options}] {_at(centre)} circle[radius={_number(radius)}pt];"
        case Box((x, y), width, height):
            corners = f"{_at((x - width / 2, y - height / 2))} rectangle {_at((x + width / 2, y + height / 2))}"
            return rf"\filldraw[rounded corners=3pt,fill=white,{options}] {corners};"
        case Label(at, latex):
            fill = ",fill=white,inner sep=1pt" if item.halo else ",inner sep=0pt"
            # Mathematics comes in sizes of its own: a font of another size is scaled.
            scale = f",scale={_number(item.size / 10)}"
            return rf"\node[text={_colour(item.ink)}{fill}{scale}] at {_at(at)} {{${latex}$}};"


def _colour(ink: str) -> str:
    return f"symnet{ink}" if INKS[ink].rgb else "black"


def _options(ink: str) -> list[str]:
    style = INKS[ink]
    options = [f"draw={_colour(ink)}", f"line width={_number(style.width)}pt"]
    if style.dashes:
        on, off = map(_number, style.dashes)
        options.append(f"dash pattern=on {on}pt off {off}pt")
    return options


def _path(points: tuple[Point, ...], curved: bool) -> str:
    if curved:
        (x0, y0), (x1, y1), (x2, y2) = points
        # TikZ takes the control points of a cubic: the quadratic's one, two thirds of the way.
        first, second = (
            (x0 + 2 * (x1 - x0) / 3, y0 + 2 * (y1 - y0) / 3),
            (x2 + 2 * (x1 - x2) / 3, y2 + 2 * (y1 - y2) / 3),
        )
        return f"{_at((x0, y0))} .. controls {_at(first)} and {_at(second)} .. {_at((x2, y2))}"
    return " -- ".join(map(_at, points))


def _at(point: Point) -> str:
    return f"({_number(point[0])},{_number(point[1])})"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
