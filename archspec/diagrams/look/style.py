"""Looks: what colour a role has in each theme, and the sizes of everything."""

from __future__ import annotations

from dataclasses import dataclass, field

FAMILIES = {
    "embed": ("embed", "position"),
    "token": ("token",),
    "attention": ("attention",),
    "mlp": ("mlp", "linear"),
    "activation": ("activation",),
    "conv": ("conv", "projection"),
    "norm": ("norm", "scale"),
    "pool": ("pool",),
    "merge": ("merge", "add"),
    "layer": ("layer", "repeat", "stage"),
}
"""What is drawn alike, and which roles belong to it; all other roles are `other`."""

LEGEND = {
    "embed": "embedding",
    "token": "class token",
    "attention": "attention",
    "mlp": "MLP, linear",
    "activation": "activation",
    "conv": "convolution",
    "norm": "norm, scale",
    "pool": "pooling",
    "merge": "merge",
    "layer": "layers",
    "other": "layout, other",
}


def family(role: str) -> str:
    """The family that a role is drawn as."""
    return next((name for name, roles in FAMILIES.items() if role in roles), "other")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours and letters. `fills` and `strokes` are by family; text on any fill has a contrast of 4.5 or more."""

    name: str
    background: str
    ink: str
    muted: str
    line: str
    frame: str
    frames: tuple[str, ...]  # fills of open composites, by depth
    fills: dict[str, str]
    strokes: dict[str, str]
    heat: tuple[str, str]  # from none to most
    marks: dict[str, str]  # of nodes that are added, removed, changed
    family: str = "Inter"
    regular: str = "Inter-Regular"
    bold: str = "Inter-SemiBold"
    weight: int = 600
    fallback: str = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',Helvetica,Arial,sans-serif"
    hatches: dict[str, str] = field(default_factory=dict)  # by family: the lines over a fill, as / \ or -
    hatch: str = ""  # their colour
    names: bool = True  # a node's own name above its label
    size: float = 12.0
    small: float = 10.5
    radius: float = 6.0
    stroke: float = 1.2


LIGHT = Theme(
    name="light",
    background="#ffffff",
    ink="#1b1f24",
    muted="#57606a",
    line="#4b535d",
    frame="#b4bcc6",
    frames=("#f6f8fa", "#eef1f5", "#f6f8fa", "#eef1f5"),
    fills={
        "embed": "#f8d5d5", "token": "#e9d4f0", "attention": "#cfe3f8", "mlp": "#fbdcb8", "activation": "#dcefb0",
        "conv": "#cfe9d2",
        "norm": "#faf0b8", "pool": "#c9ebea", "merge": "#ffffff", "layer": "#e3e8ee", "other": "#f3f4f6",
    },
    strokes={
        "embed": "#b5484a", "token": "#8a4aa0", "attention": "#2f6db0", "mlp": "#b8690f", "activation": "#5f7f14",
        "conv": "#3a8148",
        "norm": "#94800e", "pool": "#1f8583", "merge": "#4b535d", "layer": "#68737f", "other": "#8b949e",
    },
    heat=("#ffffff", "#e8743b"),
    marks={"added": "#0b7a4b", "removed": "#c4232c", "changed": "#a15c00"},
)  # fmt: skip

DARK = Theme(
    name="dark",
    background="#0f141a",
    ink="#eef2f6",
    muted="#a8b3bf",
    line="#aab4bf",
    frame="#465160",
    frames=("#171d25", "#1e2630", "#171d25", "#1e2630"),
    fills={
        "embed": "#5a2c31", "token": "#4a2f58", "attention": "#1f4066", "mlp": "#5c3c15", "activation": "#3a4a14",
        "conv": "#224a2e",
        "norm": "#4a4212", "pool": "#164b4c", "merge": "#0f141a", "layer": "#2d3743", "other": "#252d37",
    },
    strokes={
        "embed": "#e58a8c", "token": "#c691da", "attention": "#77b1ec", "mlp": "#eda75a", "activation": "#b3d15a",
        "conv": "#7cc98b",
        "norm": "#d9c552", "pool": "#62cbc8", "merge": "#aab4bf", "layer": "#8d9aa8", "other": "#7b8794",
    },
    heat=("#1a222c", "#a8470f"),
    marks={"added": "#5fd39b", "removed": "#ff8f88", "changed": "#f0b355"},
)  # fmt: skip

PAPER = Theme(
    name="paper",
    background="#ffffff",
    ink="#000000",
    muted="#3c3c3c",
    line="#000000",
    frame="#7d7d7d",
    frames=("#fafafa", "#f3f3f3", "#fafafa", "#f3f3f3"),
    fills={**dict.fromkeys(LEGEND, "#ffffff"), "attention": "#ababab", "mlp": "#cccccc", "norm": "#e8e8e8"},
    strokes=dict.fromkeys(LEGEND, "#000000"),
    hatches={"embed": "\\", "token": "\\", "conv": "/", "pool": "-"},
    hatch="#b4b4b4",
    heat=("#ffffff", "#8c8c8c"),
    marks=dict.fromkeys(("added", "removed", "changed"), "#000000"),
    family="Tinos",
    regular="Tinos-Regular",
    bold="Tinos-Bold",
    weight=700,
    fallback="'Times New Roman',Times,'Noto Serif CJK SC','Songti SC',SimSun,serif",
    names=False,
    size=13.0,
    small=11.5,
    radius=3.0,
    stroke=0.8,
)  # fmt: skip

THEMES = {theme.name: theme for theme in (LIGHT, DARK, PAPER)}
