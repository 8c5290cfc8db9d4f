"""A sweep as an SVG scatter plot: MACs to the right, parameters upwards, the Pareto front joined by a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, floor, log10

from archspec.analysis.sweep import Point, Sweep

WIDTH, HEIGHT, LEFT, BELOW, EDGE = 720, 480, 72, 56, 24
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.grid{stroke:#ddd}.front{fill:none;stroke:#c2410c;stroke-width:1.5}"
    "circle{fill:#64748b;fill-opacity:.55}circle.best{fill:#c2410c;fill-opacity:1}"
)


def scatter(found: Sweep) -> str:
    """The plot; each point tells its settings on hover."""
    points = found.kept
    across, up = ([point.cost[name] for point in points] for name in ("macs", "params"))
    x, y = _Scale(across, LEFT, WIDTH - EDGE), _Scale(up, HEIGHT - BELOW, EDGE)
    best = sorted((point for point in points if point.best), key=lambda point: point.cost["macs"])
    title = escape(f"{found.variant or found.spec.default or found.spec.path.stem}: {len(points)} points")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        *_axes(x, y),
        f'<polyline class="front" points="{" ".join(_place(point, x, y) for point in best)}"/>',
        *(_dot(point, x, y) for point in sorted(points, key=lambda point: point.best)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


class _Scale:
    """Numbers onto a stretch of the page, with round ticks."""

    def __init__(self, values: Sequence[int], start: float, end: float) -> None:
        low, high = min(values, default=0), max(values, default=1)
        spread = (high - low) or max(high, 1)
        self.step: float = min(
            (unit * 10.0 ** floor(log10(spread)) for unit in (0.1, 0.2, 0.5, 1.0)),
            key=lambda step: abs(spread / step - 6),
        )
        self.low, self.high = floor(low / self.step) * self.step, ceil(high / self.step) * self.step
        self.high = max(self.high, self.low + self.step)
        self.start, self.end = start, end

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> Iterator[tuple[float, str]]:
        for count in range(round((self.high - self.low) / self.step) + 1):
            value = self.low + count * self.step
            unit, name = (1e9, "G") if self.high >= 1e9 else (1e6, "M") if self.high >= 1e6 else (1e3, "k")
            yield self(value), f"{value / unit:.4g}{name}"


def _axes(x: _Scale, y: _Scale) -> Iterator[str]:
    for at, label in x.ticks():
        yield f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{EDGE}" y2="{HEIGHT - BELOW}"/>'
        yield f'<text x="{at:.1f}" y="{HEIGHT - BELOW + 18}" text-anchor="middle">{label}</text>'
    for at, label in y.ticks():
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - EDGE}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{label}</text>'
    yield f'<text x="{(LEFT + WIDTH - EDGE) / 2}" y="{HEIGHT - 12}" text-anchor="middle">MACs</text>'
    middle = (HEIGHT - BELOW + EDGE) / 2
    yield f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">parameters</text>'


def _place(point: Point, x: _Scale, y: _Scale) -> str:
    return f"{x(point.cost['macs']):.1f},{y(point.cost['params']):.1f}"


def _dot(point: Point, x: _Scale, y: _Scale) -> str:
    across, up = _place(point, x, y).split(",")
    said = ", ".join(f"{path}={value}" for path, value in point.settings.items())
    said += f": {point.cost['params']:,} params, {point.cost['macs'] / 1e9:.3f} GMACs"
    kind = ' class="best"' if point.best else ""
    return f'<circle{kind} cx="{across}" cy="{up}" r="{5 if point.best else 4}"><title>{escape(said)}</title></circle>'
