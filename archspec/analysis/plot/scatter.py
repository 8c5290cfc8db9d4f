"""A sweep as an SVG scatter plot: MACs to the right, parameters upwards, the Pareto front joined by a line."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from archspec.analysis.plot.scale import Scale
from archspec.analysis.sweep import Point, Sweep

WIDTH, HEIGHT, LEFT, BELOW, EDGE = 720, 480, 72, 56, 24
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.grid{stroke:#ddd}.front{fill:none;stroke:#c2410c;stroke-width:1.5}"
    "circle{fill:#64748b;fill-opacity:.55}circle.best{fill:#c2410c;fill-opacity:1}"
)


def scatter(sweep: Sweep) -> str:
    """The plot of the kept points as SVG text; each point shows its settings and costs on hover."""
    points = sweep.kept
    across, up = ([point.cost[name] for point in points] for name in ("macs", "params"))
    x, y = Scale(across, LEFT, WIDTH - EDGE), Scale(up, HEIGHT - BELOW, EDGE)
    best = sorted((point for point in points if point.best), key=lambda point: point.cost["macs"])
    title = escape(f"{sweep.variant or sweep.spec.default or sweep.spec.path.stem}: {len(points)} points")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        *_axes(x, y),
        f'<polyline class="front" points="{" ".join(",".join(_place(point, x, y)) for point in best)}"/>',
        *(_dot(point, x, y) for point in sorted(points, key=lambda point: point.best)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _axes(x: Scale, y: Scale) -> Iterator[str]:
    for at, label in x.ticks():
        yield f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{EDGE}" y2="{HEIGHT - BELOW}"/>'
        yield f'<text x="{at:.1f}" y="{HEIGHT - BELOW + 18}" text-anchor="middle">{label}</text>'
    for at, label in y.ticks():
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - EDGE}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{label}</text>'
    yield f'<text x="{(LEFT + WIDTH - EDGE) / 2}" y="{HEIGHT - 12}" text-anchor="middle">MACs</text>'
    middle = (HEIGHT - BELOW + EDGE) / 2
    yield f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">parameters</text>'


def _place(point: Point, x: Scale, y: Scale) -> tuple[str, str]:
    return f"{x(point.cost['macs']):.1f}", f"{y(point.cost['params']):.1f}"


def _dot(point: Point, x: Scale, y: Scale) -> str:
    across, up = _place(point, x, y)
    settings = ", ".join(f"{path}={value}" for path, value in point.settings.items())
    title = escape(f"{settings}: {point.cost['params']:,} params, {point.cost['macs'] / 1e9:.3f} GMACs")
    kind = ' class="best"' if point.best else ""
    return f'<circle{kind} cx="{across}" cy="{up}" r="{5 if point.best else 4}"><title>{title}</title></circle>'
