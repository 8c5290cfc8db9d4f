"""The Sphinx directive: `extensions = ["archspec.integrations.sphinx"]`, and in a page

    .. archspec:: ../specs/cvt.yaml          in MyST ```{archspec} ../specs/cvt.yaml
       :variant: cvt_21
       :depth: 2
       :theme: auto
       :caption: CvT-21, opened to its layers

A path is relative to the page, or to the source folder where it begins with a slash; a packaged spec or variant goes by
its name. A wrong spec fails the build. `archspec_allow_python = True` in conf.py runs the Python files that specs use.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from archspec import __version__
from archspec.errors import SpecError
from archspec.integrations import OPTIONS, draw, draw_pdf
from archspec.language.document import noting

logger = logging.getLogger(__name__)


class picture(nodes.General, nodes.Element):  # noqa: N801 – a writer finds a node's visitor by the name of its class
    """A drawn spec: the SVG, and what a PDF of it is drawn from."""


class Picture(SphinxDirective):
    """The directive: a figure with the picture, as inline SVG or, in LaTeX, as PDF."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        **dict.fromkeys(OPTIONS, directives.unchanged),
        "name": directives.unchanged,
        "class": directives.class_option,
        "align": lambda text: directives.choice(text, ("left", "center", "right")),
    }

    def run(self) -> list[nodes.Node]:
        """The figure, or nothing where the spec is wrong: then the error is logged and the page noted as wrong."""
        spec, mark, variant = self.arguments[0].partition("#")
        if spec.endswith((".yaml", ".yml")):
            _, spec = self.env.relfn2path(spec)
        options = {name: text for name, text in self.options.items() if name in OPTIONS}
        try:
            with noting() as files:
                svg = draw(spec + mark + variant, options, allow_python=self.config.archspec_allow_python)
        except SpecError as error:
            logger.error("archspec: this picture cannot be drawn\n%s", error, location=self.get_location())
            self.env.note_reread()  # so that the next build reports it again, as long as it is wrong
            self.env.metadata[self.env.docname]["archspec"] = "wrong"
            return []
        finally:
            for file in files:
                self.env.note_dependency(str(file))
        classes = ["archspec", *self.options.get("class", [])]
        drawn = picture(svg=svg, spec=spec + mark + variant, look=options)
        self.set_source_info(drawn)
        figure = nodes.figure("", drawn, classes=classes)
        figure["align"] = self.options.get("align", "default")
        if caption := self.options.get("caption"):
            inlines, messages = self.parse_inline(caption)
            figure += [nodes.caption(caption, "", *inlines), *messages]
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure]


def write_html(writer: Any, node: nodes.Element) -> None:
    """Put the SVG into a page."""
    writer.body.append(node["svg"])
    raise nodes.SkipNode


def write_latex(writer: Any, node: nodes.Element) -> None:
    """Put a PDF beside the document, and its name into it."""
    try:
        content = draw_pdf(node["spec"], node["look"], allow_python=writer.builder.config.archspec_allow_python)
    except SpecError as error:
        logger.error("archspec: this picture cannot be drawn for LaTeX\n%s", error, location=node)
        writer.builder.app.statuscode = 1
        raise nodes.SkipNode from None
    name = f"archspec-{hashlib.sha256(content).hexdigest()[:16]}.pdf"
    Path(writer.builder.outdir, name).write_bytes(content)
    writer.body.append(f"\\noindent\\sphinxincludegraphics{{{name}}}")
    raise nodes.SkipNode


def write_text(writer: Any, node: nodes.Element) -> None:
    """Say what would be there, where there are no pictures."""
    writer.body.append(f"[{node['spec']}]") if hasattr(writer, "body") else writer.add_text(f"[{node['spec']}]")
    raise nodes.SkipNode


def fail(app: Sphinx, exception: Exception | None) -> None:
    """At the end of a build, make it fail if a picture could not be drawn, also without -W."""
    if any("archspec" in about for about in app.env.metadata.values()):
        app.statuscode = 1


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls when it loads the extension."""
    text = (write_text, None)
    app.add_node(picture, html=(write_html, None), latex=(write_latex, None), text=text, man=text, texinfo=text)
    app.add_directive("archspec", Picture)
    app.add_config_value("archspec_allow_python", False, "env", (bool,))
    app.connect("build-finished", fail)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
