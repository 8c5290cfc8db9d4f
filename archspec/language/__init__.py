"""Text → shaped graph, without torch."""

from archspec.language.budget import activations
from archspec.language.find import SpecFile, open_spec, packaged, packaged_specs, resolve
from archspec.language.load import graph_of, load, settings
from archspec.language.overlay import overlay_of
from archspec.language.shared import Shared
from archspec.language.variants import Variants

__all__ = [
    "Shared",
    "SpecFile",
    "Variants",
    "activations",
    "graph_of",
    "load",
    "open_spec",
    "overlay_of",
    "packaged",
    "packaged_specs",
    "resolve",
    "settings",
]
