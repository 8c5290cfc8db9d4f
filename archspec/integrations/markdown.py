"""The Markdown fence, for MkDocs, Zensical and Python-Markdown itself; a page says

    ```archspec
    specs/cvt.yaml
    :variant: cvt_21
    :depth: 2
    :theme: auto
    :caption: CvT-21, opened to its layers
    ```

and the site's `markdown_extensions` list `archspec.integrations.markdown`, beside superfences or without it. A path is
relative to the folder in which the site is built (option `base`); a packaged spec or variant goes by its name. A wrong
spec ends the build. The option `allow_python` runs the Python files that specs use.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from archspec.errors import Problem, SpecError
from archspec.integrations import draw

_OPEN = re.compile(r"(?P<indent>[ >]*)(?P<fence>`{3,}|~{3,})[ ]*(?P<info>[^`]*)$")
_OPTION = re.compile(r":([a-z-]+):[ ]*(.*)")


class WrongSpec(SpecError, SystemExit):  # noqa: N818 – it is an error in a page, not in the program
    """Ends a build with a message and without a traceback."""

    def __init__(self, text: str, error: SpecError) -> None:
        super().__init__(error.problems)
        self.code = f"{text}\n\n{error}"
        if "zensical" in sys.modules:  # it shows every exception with its traceback
            sys.tracebacklimit = 0

    def __str__(self) -> str:
        return str(self.code)


def figure(text: str, *, base: str = ".", allow_python: bool = False) -> str:
    """The HTML figure for the text of a fence. Raises WrongSpec where it cannot be drawn."""
    lines = [line.strip() for line in text.strip().splitlines()]
    try:
        spec, options = lines[0] if lines else "", dict(map(_option, lines[1:]))
        if spec.partition("#")[0].endswith((".yaml", ".yml")):
            spec = (Path(base) / spec).as_posix()
        svg = draw(spec, options, allow_python=allow_python)
    except SpecError as error:
        raise WrongSpec(f"archspec: the picture of {lines[0] if lines else 'nothing'} cannot be drawn", error) from None
    caption = f"<figcaption>{escape(options['caption'])}</figcaption>" if options.get("caption") else ""
    return f'<figure class="archspec">{svg}{caption}</figure>'


def _option(line: str) -> tuple[str, str]:
    """The name and the value of a line as `:depth: 2`."""
    match = _OPTION.fullmatch(line)
    if not match:
        message = f"a fence is a spec, and below it lines as :depth: 2, got {line}"
        raise SpecError(Problem("usage", message))
    return match[1], match[2]


class Fences(Preprocessor):
    """Draws the fences called archspec, except those inside other fences, before Markdown reads the page."""

    def __init__(self, md: Markdown, **config: Any) -> None:
        super().__init__(md)
        self.config = config

    def run(self, lines: list[str]) -> list[str]:
        """The lines of a page, with a figure in place of each fence."""
        return list(self._drawn(iter(lines)))

    def _drawn(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            opened = _OPEN.fullmatch(line)
            if not opened:
                yield line
                continue
            block = [line]
            for inside in lines:
                block.append(inside)
                end = inside.strip(" >")
                if end.startswith(opened["fence"]) and set(end) == {opened["fence"][0]}:
                    break
            if opened["info"].strip() == "archspec":
                text = "\n".join(inside.removeprefix(opened["indent"]) for inside in block[1:-1])
                yield opened["indent"] + self.md.htmlStash.store(figure(text, **self.config))
            else:
                yield from block


class Pictures(Extension):
    """The extension, with its two options."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "base": [".", "the folder that paths are relative to"],
            "allow_python": [False, "run the Python files that specs use"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 – Python-Markdown's name
        md.preprocessors.register(Fences(md, **self.getConfigs()), "archspec", 29)  # before all fences, at 25


def makeExtension(**options: Any) -> Pictures:  # noqa: N802 – Python-Markdown's name
    """What Python-Markdown calls when it loads the extension."""
    return Pictures(**options)
