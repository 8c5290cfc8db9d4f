"""Write the advance widths of the bundled fonts, so that a picture is measured without a font being parsed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent.parent / "archspec" / "diagrams" / "look" / "fonts"


def metrics() -> dict[str, Any]:
    """Face → characters by advance width, in thousandths of an em, rounded up."""
    from fontTools.ttLib import TTFont

    found: dict[str, Any] = {}
    for file in sorted(FONTS.glob("*.ttf")):
        font = TTFont(file)
        em, advances = font["head"].unitsPerEm, font["hmtx"].metrics
        widths: dict[int, str] = {}
        for code, glyph in sorted(font.getBestCmap().items()):
            width = -(-advances[glyph][0] * 1000 // em)
            widths[width] = widths.get(width, "") + chr(code)
        found[file.stem] = dict(sorted(widths.items()))
    return found


def main() -> None:
    text = json.dumps(metrics(), ensure_ascii=True, indent=0)
    (FONTS / "metrics.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
