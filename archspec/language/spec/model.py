"""Document → Spec: a spec's structure, validated. Values that depend on parameters wait until they are wired."""

from collections.abc import Mapping
from dataclasses import dataclass
from keyword import kwlist
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from archspec.errors import SpecError
from archspec.language.document import Fields, Tree, plain
from archspec.language.spec.annotation import keys_of
from archspec.language.spec.complaint import complaints

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
OutputName = Annotated[Name, Field(json_schema_extra={"not": {"enum": list(kwlist)}})]
"""Results are read as `y.name`, so Python's own words are none; wiring says so."""
SpecName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
Expression = Annotated[str, Field(pattern=r"^\$")]
Count = Annotated[int, Field(ge=0)]
Bound = Annotated[float, Field(ge=0)]
Sources = str | tuple[str, ...] | dict[Name, str]


class Part(BaseModel):
    """A part of a spec: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, defer_build=True)


class Input(Part):
    """What comes in: an image (channels, size), tokens (tokens, dim) or a vector (features)."""

    channels: int | Expression | None = None
    size: int | tuple[int | Expression, int | Expression] | Expression | None = None
    """Height and width in pixels, or one number for both."""
    tokens: int | Expression | None = None
    dim: int | Expression | None = None
    grid: tuple[int | Expression, int | Expression] | Expression | None = None
    """Rows and columns of the tokens."""
    features: int | Expression | None = None


class NodeSpec(Part):
    """One node: which block, what it reads, how often it repeats. Further keys are the block's own."""

    model_config = ConfigDict(extra="allow")

    block: str | None = None
    """The word of a block, or an expression that gives one."""
    sources: Annotated[Sources | None, Field(alias="from")] = None
    """What the node reads, in place of the node above it: a name, `node.port`, a list, or a mapping port → name."""
    repeat: int | Expression | None = None
    """How many times in a row, each with its own weights; `i` and `n` count in expressions."""
    layer_dropout: float | Expression | None = None
    """How often, in training, one of the repetitions is left out for the whole batch; one of them at least stays."""
    when: bool | Expression | None = None
    """Whether the node is there; where not, its readers read what it would have read."""
    share: Name | None = None
    """The node whose weights are applied again, in place of `block`."""
    doc: str | None = None


class Modes(Part):
    """Outputs where training and evaluation differ."""

    train: dict[OutputName, str]
    eval: dict[OutputName, str]


def _form(outputs: Any) -> str:
    """Whether outputs are told apart by mode – then the modes hold mappings – or by name alone."""
    by_mode = isinstance(outputs, Modes) or (
        isinstance(outputs, dict) and any(isinstance(value, dict) for value in outputs.values())
    )
    return "by mode" if by_mode else "by name"


class Expect(Part):
    """What `validate` holds the spec to."""

    params: Count | Expression | None = None
    macs: Count | Expression | None = None
    max_params: Bound | Expression | None = None
    max_macs: Bound | Expression | None = None
    activations: Count | Expression | None = None
    """How many numbers the outputs of all ops hold for one sample: the activation memory of training."""
    max_activations: Bound | Expression | None = None
    outputs: dict[OutputName, tuple[int | Expression, ...]] | None = None
    """Sizes of outputs, the batch left out: `{logits: [1000]}`."""


class BlockSpec(Part):
    """A block written in YAML: parameters, and a graph of its own."""

    doc: str | None = None
    params: dict[Name, Any] = {}
    """`int`, `float`, `bool`, `str`, `list` or `slot`; a default, which tells the type; or `{type, default, doc}`."""
    inputs: tuple[Name, ...] = ("x",)
    graph: dict[Name, NodeSpec]
    outputs: dict[OutputName, str] | None = None
    """By default the last node."""


class Spec(Part):
    """A whole spec, as its file says it."""

    archspec: Literal[1]
    """Version of the language."""
    name: SpecName
    title: str | None = None
    source: str | None = None
    """Where the architecture is published."""
    doc: str | None = None
    params: dict[Name, Any] = {}
    use: tuple[str, ...] = ()
    """Files that bring blocks: `.py` or `.yaml`, relative to this file."""
    blocks: dict[Word, BlockSpec] = {}
    defaults: dict[Word, dict[str, Any]] = {}
    """By block: values of fields that nobody sets, wherever the block stands, `{layer_norm: {eps: 1e-6}}`."""
    inputs: Annotated[dict[Name, Input], Field(min_length=1)]
    graph: Annotated[dict[Name, NodeSpec], Field(min_length=1)]
    outputs: Annotated[
        Annotated[Modes, Tag("by mode")] | Annotated[dict[OutputName, str], Tag("by name")], Discriminator(_form)
    ]
    expect: Expect = Expect()
    weights: str | None = None
    """A file of renaming rules for other sources' weights, relative to this file."""
    default: str | None = None
    """The variant that is built when none is named."""
    variants: dict[SpecName, dict[str, Any] | None] = {}


class Library(Part):
    """A file that a spec uses: blocks written in YAML, and no architecture."""

    archspec: Literal[1]
    """Version of the language."""
    name: SpecName | None = None
    doc: str | None = None
    use: tuple[str, ...] = ()
    """Files that bring blocks: `.py` or `.yaml`, relative to this file."""
    blocks: Annotated[dict[Word, BlockSpec], Field(min_length=1)]


NODE_KEYS = keys_of(NodeSpec)
"""The keys of a node that are the language's: block, from, repeat, when, share … All others are its block's."""
SHARING_KEYS = tuple(key for key in NODE_KEYS if key not in ("block", "repeat", "layer_dropout"))
"""The keys of a node with `share`: what it applies, and how often, is said by the node whose weights it shares."""

Holds = Literal["values", "names", "nodes", "blocks", "slots"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a document: what its mapping holds, and where the key counts."""

    holds: Holds = "values"
    """Decides what an override may add: to names nothing, to the others anything of their kind."""
    inherited: bool = True
    """Whether a document has it from the one that it extends."""
    hashed: bool = True
    """Whether it belongs to the resolved document, whose hash tells one architecture from another."""


DOCUMENT_KEYS: Mapping[str, Key] = dict.fromkeys(("extends", *keys_of(Spec)), Key()) | {
    "extends": Key(inherited=False),
    "params": Key(holds="names"),
    "blocks": Key(holds="blocks"),
    "defaults": Key(holds="slots"),
    "inputs": Key(holds="names"),
    "graph": Key(holds="nodes"),
    "expect": Key(inherited=False),
    "weights": Key(hashed=False),
    "default": Key(inherited=False, hashed=False),
    "variants": Key(inherited=False, hashed=False),
}
"""The keys of a document; those of a Spec are all but `extends`, which is resolved before."""
SPEC_KEYS = frozenset(DOCUMENT_KEYS) - {"extends"}


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """A Spec, and the tree that it was read from, with the place of every value in the text."""

    spec: Spec
    tree: Fields


def validate(tree: Fields) -> Marked:
    """Check a document's structure. Raises SpecError with every structural fault."""
    data = {key: frozen(plain(item)) for key, item in tree.entries.items() if key != "variants"}
    if variants := tree.entries.get("variants"):  # each is checked when it is applied; here its name is
        data["variants"] = _outline(variants)
    try:
        return Marked(Spec.model_validate(data), tree)
    except ValidationError as error:
        raise SpecError(complaints(error, Spec, tree, "a spec")) from None


def _outline(variants: Tree) -> Any:
    """Variants by name, without what is in them."""
    if not isinstance(variants, Fields):
        return plain(variants)
    return {name: {} if isinstance(item, Fields) else plain(item) for name, item in variants.entries.items()}


def validate_library(tree: Fields) -> Library:
    """Check the structure of a file of blocks. Raises SpecError with every structural fault."""
    try:
        return Library.model_validate(frozen(plain(tree)))
    except ValidationError as error:
        raise SpecError(complaints(error, Library, tree, "a file of blocks")) from None


def frozen(data: Any) -> Any:
    """Lists as tuples, at any depth."""
    if isinstance(data, dict):
        return {key: frozen(value) for key, value in data.items()}
    return tuple(map(frozen, data)) if isinstance(data, list | tuple) else data
