"""A document's structure, validated: the Spec, the tables of its keys, and problems in the words of the spec."""

from archspec.language.spec.annotation import keys_of, wanted
from archspec.language.spec.complaint import complaints
from archspec.language.spec.docstrings import docstring_of
from archspec.language.spec.model import (
    DOCUMENT_KEYS,
    NODE_KEYS,
    SHARING_KEYS,
    SPEC_KEYS,
    BlockSpec,
    Expect,
    Holds,
    Input,
    Library,
    Marked,
    Modes,
    NodeSpec,
    Part,
    Spec,
    frozen,
    validate,
    validate_library,
)
from archspec.language.spec.show import show, show_value

__all__ = [
    "DOCUMENT_KEYS",
    "NODE_KEYS",
    "SHARING_KEYS",
    "SPEC_KEYS",
    "BlockSpec",
    "Expect",
    "Holds",
    "Input",
    "Library",
    "Marked",
    "Modes",
    "NodeSpec",
    "Part",
    "Spec",
    "complaints",
    "docstring_of",
    "frozen",
    "keys_of",
    "show",
    "show_value",
    "validate",
    "validate_library",
    "wanted",
]
