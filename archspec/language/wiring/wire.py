"""Spec → Graph: names and ports become edges, expressions become values, words become blocks. No shapes yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from typing import Any

from archspec.errors import Mark, Problem, SpecError, listing, nearest
from archspec.graph.block import Block, Port, Ref, carried
from archspec.graph.node import Graph, Node
from archspec.graph.repeat import Repeat
from archspec.graph.shape import Grid, Image, Shape, Tokens, Vector
from archspec.language.document import Fields, Items, Tree
from archspec.language.expression import ExpressionError, is_expression, references
from archspec.language.spec.model import Marked, Modes, NodeSpec
from archspec.language.wiring.definition import Definition, define
from archspec.language.wiring.reserved import RESERVED as RESERVED_NAMES
from archspec.language.wiring.values import EnoughError, Resolver, Unknown, UnresolvedError, marks_of, show_value
from archspec.language.words.vocabulary import Vocabulary

_INPUTS = {
    frozenset({"channels", "size"}): Image,
    frozenset({"tokens", "dim"}): Tokens,
    frozenset({"tokens", "dim", "grid"}): Tokens,
    frozenset({"grid", "dim"}): Tokens,
    frozenset({"features"}): Vector,
}
"""The keys that make an input, and of what kind."""
MOST_REPEATS = 10_000
MOST_BLOCKS = 5_000
LARGEST_SIDE = 2**20


def wire(
    marked: Marked, vocabulary: Vocabulary | None = None
) -> tuple[Graph, dict[str, dict[str, Any]], dict[str, Any]]:
    """The graph of a spec, its defaults, and its parameters by name; a SpecError with every problem of this step."""
    wirer = Wirer(vocabulary or Vocabulary())
    with suppress(EnoughError):
        found = wirer.spec(marked)
    if wirer.problems:
        raise SpecError(_once(wirer.problems))
    return found


class Wirer(Resolver):
    """Wires one spec: its own graph, and those of the blocks that it defines in YAML."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self.count = 0  # blocks that were built
        self.open: list[str] = []  # the YAML blocks whose bodies are being wired

    def spec(self, marked: Marked) -> tuple[Graph, dict[str, dict[str, Any]], dict[str, Any]]:
        spec, tree = marked.spec, marked.tree
        names = self.open_names(marked)
        inputs = self._inputs(tree, names)
        level = self._level(_mapping(tree, "graph"), spec.graph, names, list(spec.inputs), "graph")
        at = _mapping(tree, "outputs")
        if isinstance(spec.outputs, Modes):
            train = self._refs(spec.outputs.train, level, _marks(at, "train"), "outputs.train")
            outputs = self._refs(spec.outputs.eval, level, _marks(at, "eval"), "outputs.eval")
        else:
            train, outputs = None, self._refs(spec.outputs, level, _marks(tree, "outputs"), "outputs")
        self._check_read(level, [*outputs.values(), *(train or {}).values()])
        return Graph(inputs, level.nodes, outputs, train), self.defaults, names

    def open_names(self, marked: Marked) -> dict[str, Any]:
        """The blocks and defaults that a spec brings are known from here on; its parameters by name."""
        tree, own = marked.tree, dict(self.vocabulary.own)
        for word, block in marked.spec.blocks.items():
            at = _mapping(_mapping(tree, "blocks"), word)
            if self.vocabulary.taken(word):
                message = f"a block of the package is called {word} already"
                self.problems.append(Problem("name", message, at.mark, f"blocks.{word}"))
            own[word] = define(word, block, at, self._definition, self.problems)
        self.vocabulary = Vocabulary(own)
        names = self._params(tree)
        self.defaults = self._defaults(tree, names)
        return names

    def built(self, block: Block) -> None:
        self.count += 1
        if isinstance(block, Definition):
            block.graph()

    # -- values ------------------------------------------------------------------------------------------------------

    def _params(self, tree: Fields) -> dict[str, Any]:
        """Parameters in an order in which each comes after those that it refers to."""
        given = _mapping(tree, "params")
        names: dict[str, Any] = {}
        waiting = dict(given.entries)
        reads = {name: _references(item) & set(waiting) for name, item in waiting.items()}
        try:
            order = list(TopologicalSorter(reads).static_order())
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            message = f"the parameters {' → '.join(circle)} need each other"
            self.problems.append(Problem("cycle", message, waiting[circle[0]].mark, f"params.{circle[0]}"))
            return dict.fromkeys(waiting, Unknown())
        for name in order:
            try:
                names[name] = self.value(waiting[name], names, f"params.{name}")
            except UnresolvedError:
                names[name] = Unknown()
        return names

    def _defaults(self, tree: Fields, names: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Field values by block word, each checked as if a node had set it."""
        found: dict[str, dict[str, Any]] = {}
        for word, fields in _mapping(tree, "defaults").entries.items():
            path = f"defaults.{word}"
            if word not in self.vocabulary or not isinstance(fields, Fields):
                near = nearest(word, self.vocabulary)
                mark = _mapping(tree, "defaults").keys[word]
                self.problems.append(Problem("unknown-block", f"no block is called {word}", mark, path, help=near))
                continue
            block = self.vocabulary[word]
            with suppress(UnresolvedError):
                found[word] = self.fields(block, fields, names, path)
        return found

    def _inputs(self, tree: Fields, names: Mapping[str, Any]) -> dict[str, Shape]:
        found: dict[str, Shape] = {}
        inputs = _mapping(tree, "inputs")
        for name, given in inputs.entries.items():
            with suppress(UnresolvedError):
                self._check_name(name, inputs.keys[name], f"inputs.{name}")
                found[name] = self._input(self.value(given, names, f"inputs.{name}"), given, f"inputs.{name}")
        return found

    def _input(self, values: dict[str, Any], tree: Tree, path: str) -> Shape:
        """An image, tokens or a vector, told by its keys."""
        kind = _INPUTS.get(frozenset(values))
        if kind is None:
            message = f"{path} has the keys {', '.join(values) or 'none'}, which make no input"
            help = "an image has channels and size, tokens have tokens and dim (or grid and dim), a vector has features"
            raise self.fail(Problem("input", message, tree.mark, path, help=help))
        sizes = {key: self._size(value, tree, key, path) for key, value in values.items()}
        if kind is Image:
            return Image(sizes["channels"][0], *(sizes["size"] * 2)[:2])
        if kind is Vector:
            return Vector(sizes["features"][0])
        grid = Grid(*(sizes["grid"] * 2)[:2]) if "grid" in sizes else None
        n = sizes["tokens"][0] if "tokens" in sizes else grid.n if grid else 0
        if grid and n != grid.n:
            message = f"{path}: a grid of {grid} has {grid.n} tokens, not {n}"
            raise self.fail(Problem("input", message, tree.mark, path))
        return Tokens(n, sizes["dim"][0], grid)

    def _size(self, value: Any, tree: Tree, key: str, path: str) -> tuple[int, ...]:
        sizes = value if isinstance(value, tuple) and key in ("size", "grid") and len(value) == 2 else (value,)
        if not all(type(size) is int and 1 <= size <= LARGEST_SIDE for size in sizes):
            message = f"{path}.{key} takes a whole number from 1 to {LARGEST_SIDE:,}, got {show_value(value)}"
            raise self.fail(Problem("wrong-type", message, _entry(tree, key).mark, f"{path}.{key}"))
        return sizes

    def _check_name(self, name: str, mark: Mark, path: str) -> None:
        if name in RESERVED_NAMES:
            message = f"{name} is a name that Python or torch has for itself"
            raise self.fail(Problem("name", message, mark, path, help=f"call it {name}_ or something else"))

    # -- graphs ------------------------------------------------------------------------------------------------------

    def _definition(self, block: Definition) -> Graph | None:
        """The body of a YAML block for its values; None where it has problems, which are written down."""
        path = f"blocks.{block.word}"
        if block.word in self.open:
            circle = " → ".join([*self.open[self.open.index(block.word) :], block.word])
            self.problems.append(Problem("cycle", f"the blocks {circle} contain each other", block.mark, path))
            return None
        self._check_count(block.mark, path)
        before = len(self.problems)
        self.open.append(block.word)
        try:
            tree = _mapping(block.tree, "graph")
            level = self._level(tree, block.spec.graph, dict(block.__dict__), list(block.spec.inputs), f"{path}.graph")
            if block.spec.outputs is None:
                last = list(tree.entries)[-1]
                outputs = self._refs({"out": last}, level, {"out": tree.keys[last]}, f"{path}.graph")
            else:
                marks = _marks(block.tree, "outputs")
                outputs = self._refs(block.spec.outputs, level, marks, f"{path}.outputs")
            self._check_read(level, outputs.values())
        finally:
            self.open.pop()
        return Graph({}, level.nodes, outputs) if len(self.problems) == before else None

    def _check_count(self, mark: Mark, path: str) -> None:
        if self.count > MOST_BLOCKS:
            message = f"{path}: the spec has more than {MOST_BLOCKS:,} blocks that differ"
            self.problems.append(Problem("too-large", message, mark, path))
            raise EnoughError

    def _level(
        self, tree: Fields, specs: Mapping[str, NodeSpec], names: Mapping[str, Any], inputs: list[str], path: str
    ) -> _Level:
        """Wire one graph: first every node's block, then what each reads, then an order."""
        level = _Level(path, tree, inputs, len(self.problems))
        for name, spec in specs.items():
            at = tree.entries[name]
            if isinstance(at, Fields):
                self._node(level, name, spec, at, names)
        for name, spec in specs.items():
            if name in level.blocks and level.blocks[name] is not None:
                self._connect(level, name, spec)
        return self._order(level)

    def _node(self, level: _Level, name: str, spec: NodeSpec, tree: Fields, names: Mapping[str, Any]) -> None:
        """Decide whether a node is there, and build its block."""
        path = f"{level.path}.{name}"
        level.specs[name] = spec
        level.above[name] = level.last
        level.last = name
        level.blocks[name] = None
        try:
            self._check_name(name, level.tree.keys[name], path)
            if name in level.inputs:
                message = f"{name} is an input already"
                raise self.fail(Problem("name", message, level.tree.keys[name], path))
            if not self._is_there(tree, names, path):
                del level.blocks[name]
                return
            if spec.share is not None:
                level.blocks[name] = self._shared(level, name, spec, tree, path)
            elif spec.repeat is not None:
                level.blocks[name] = self._repeat(tree, names, path)
            else:
                level.blocks[name] = self.block(tree, names, path)
        except UnresolvedError:
            pass

    def _is_there(self, tree: Fields, names: Mapping[str, Any], path: str) -> bool:
        if "when" not in tree.entries:
            return True
        there = self.value(tree.entries["when"], names, f"{path}.when")
        if not isinstance(there, bool):
            message = f"{path}.when takes true or false, got {show_value(there)}"
            raise self.fail(Problem("wrong-type", message, tree.entries["when"].mark, f"{path}.when"))
        return there

    def _shared(self, level: _Level, name: str, spec: NodeSpec, tree: Fields, path: str) -> Block:
        mark = tree.entries["share"].mark
        extra = [key for key in tree.entries if key not in ("share", "from", "when", "doc")]
        if extra:
            message = f"{path} shares the weights of {spec.share}, so it cannot say {extra[0]} itself"
            raise self.fail(Problem("share", message, tree.keys[extra[0]], path))
        owner = level.blocks.get(spec.share or "")
        if owner is None or spec.share == name:
            known = [other for other, block in level.blocks.items() if block is not None]
            message = f"{path} shares the weights of {spec.share}, and no node above it is called so"
            raise self.fail(Problem("unknown-source", message, mark, path, help=nearest(str(spec.share), known)))
        return owner

    def _repeat(self, tree: Fields, names: Mapping[str, Any], path: str) -> Block:
        """The block `repeat` times; each sees its index i and the count n."""
        leaf = tree.entries["repeat"]
        count = self.value(leaf, names, f"{path}.repeat")
        if type(count) is not int or not 1 <= count <= MOST_REPEATS:
            message = f"{path}.repeat takes a whole number from 1 to {MOST_REPEATS:,}, got {show_value(count)}"
            help = "`when: false` leaves a node out" if count == 0 and type(count) is int else None
            raise self.fail(Problem("wrong-type", message, leaf.mark, f"{path}.repeat", help=help))
        if not _references(tree) & {"i", "n"}:
            blocks = (self.block(tree, names, path),) * count
        else:
            before = len(self.problems)
            made = []
            for place in range(count):
                made.append(self.block(tree, {**names, "i": place, "n": count}, path))
                self._check_count(leaf.mark, f"{path}.repeat")
                if len(self.problems) > before:  # the others would have the same
                    raise UnresolvedError
            blocks = tuple(made)
        if -1 in carried(blocks[0]) or not blocks[0].ports():
            titles = ", ".join(blocks[0].output_names()) or "its output"
            message = f"{path}: {blocks[0].word} cannot be repeated, because {titles} and its ports do not match"
            raise self.fail(Problem("ports", message, leaf.mark, f"{path}.repeat"))
        return Repeat(blocks=blocks)

    def _connect(self, level: _Level, name: str, spec: NodeSpec) -> None:
        """Turn what a node says it reads into references, one for each port, in the order of the ports."""
        block, at, path = level.blocks[name], level.tree.entries[name], f"{level.path}.{name}"
        assert block is not None and isinstance(at, Fields)
        ports = block.ports()
        try:
            sources, marks = self._sources(level, name, spec, at, ports, path)
            refs = tuple([self._ref(text, level, mark, path) for text, mark in zip(sources, marks, strict=True)])
        except UnresolvedError:
            return
        variadic = bool(ports) and ports[-1].variadic
        if len(refs) < len(ports) or (len(refs) > len(ports) and not variadic):
            told = ", ".join(f"*{port.name}" if port.variadic else port.name for port in ports)
            message = f"{path}: {block.word} reads {told or 'nothing'}, and from gives {len(refs)} values"
            mark = at.entries["from"].mark if "from" in at.entries else at.mark
            self.problems.append(Problem("ports", message, mark, path, help=_from_help(block)))
            return
        level.nodes[name] = Node(name, block, refs, share=spec.share, mark=at.mark, marks=marks_of(at))

    def _sources(
        self, level: _Level, name: str, spec: NodeSpec, at: Fields, ports: tuple[Port, ...], path: str
    ) -> tuple[list[str], list[Mark]]:
        """The names that a node reads, and their marks."""
        if spec.sources is None:
            if not ports:
                return [], []
            required = [port for port in ports if not port.variadic]
            if len(required) > 1:
                block = level.blocks[name]
                assert block is not None
                message = f"{path}: {block.word} reads {', '.join(port.name for port in ports)}, so it says from where"
                raise self.fail(Problem("ports", message, at.mark, path, help=_from_help(block)))
            return [self._above(level, name, at.mark, path)], [at.mark]
        tree = at.entries["from"]
        if isinstance(spec.sources, str):
            return [spec.sources], [tree.mark]
        if isinstance(spec.sources, tuple):
            assert isinstance(tree, Items)
            return list(spec.sources), [item.mark for item in tree.items]
        assert isinstance(tree, Fields)
        wanted = [port.name for port in ports]
        for port in spec.sources:
            if port not in wanted:
                message = f"{path} has no port {port}: it reads {', '.join(wanted) or 'nothing'}"
                raise self.fail(Problem("ports", message, tree.keys[port], path, help=nearest(port, wanted)))
        missing = [port for port in wanted if port not in spec.sources]
        if missing:
            message = f"{path}: from says nothing about {', '.join(missing)}"
            raise self.fail(Problem("ports", message, tree.mark, path))
        return [spec.sources[port] for port in wanted], [tree.entries[port].mark for port in wanted]

    def _above(self, level: _Level, name: str, mark: Mark, path: str) -> str:
        """What a node without `from` reads: the node above it, or the input."""
        above = level.above[name]
        if above is not None:
            return above
        if len(level.inputs) == 1:
            return level.inputs[0]
        message = f"{path} comes first, and there are the inputs {', '.join(level.inputs)}: say from which one it reads"
        raise self.fail(Problem("ports", message, mark, path))

    def _ref(self, text: str, level: _Level, mark: Mark, path: str) -> Ref:
        """`name` or `node.port` as a reference; a node that is not there stands for what it would have read."""
        seen: set[str] = set()
        while True:
            name, _, port = text.partition(".")
            if name in level.inputs and not port:
                return Ref(name)
            if name not in level.specs:
                known = [*level.inputs, *level.specs]
                help = nearest(name, known) or f"there are {listing(known)}"
                raise self.fail(
                    Problem("unknown-source", f"{path} reads {text}, which is not there", mark, path, help=help)
                )
            if name in level.blocks:
                return self._port(name, port, level.blocks[name], mark, path)
            if name in seen:
                message = f"{path} reads {text}, which is switched off and reads itself"
                raise self.fail(Problem("cycle", message, mark, path))
            seen.add(name)
            text = self._instead(level, name, mark, path)

    def _instead(self, level: _Level, name: str, mark: Mark, path: str) -> str:
        """What a node that is not there would have read first."""
        sources = level.specs[name].sources
        if sources is None:
            return self._above(level, name, mark, path)
        first = (
            [sources] if isinstance(sources, str) else list(sources.values() if isinstance(sources, dict) else sources)
        )
        if not first:
            message = f"{path} reads {name}, which is switched off and reads nothing that could stand for it"
            raise self.fail(Problem("unknown-source", message, mark, path))
        return first[0]

    def _port(self, name: str, port: str, block: Block | None, mark: Mark, path: str) -> Ref:
        titles = block.output_names() if block else ()
        if block is None:
            return Ref(name)  # its own problem is told already
        if not port and not titles:
            return Ref(name)
        if port in titles:
            return Ref(name, titles.index(port))
        if not titles:
            message = f"{path} reads {name}.{port}, but {name} has one output, without a name"
            raise self.fail(Problem("unknown-source", message, mark, path, help=f"say {name}"))
        message = f"{path} reads {name}{'.' + port if port else ''}, but {name} has the outputs {', '.join(titles)}"
        help = f"say {' or '.join(f'{name}.{title}' for title in titles)}"
        raise self.fail(Problem("unknown-source", message, mark, path, help=help))

    def _refs(self, given: Mapping[str, str], level: _Level, marks: Mapping[str, Mark], path: str) -> dict[str, Ref]:
        """References for a mapping of outputs."""
        found = {}
        for title, text in given.items():
            with suppress(UnresolvedError):
                found[title] = self._ref(text, level, marks[title], f"{path}.{title}")
        return found

    def _order(self, level: _Level) -> _Level:
        """Sort the nodes so that each comes after what it reads; in the author's order, where that leaves a choice."""
        nodes = level.nodes
        reads = {name: [ref.node for ref in node.inputs if ref.node in nodes] for name, node in nodes.items()}
        for name, node in nodes.items():
            if node.share:
                reads[name].append(node.share)
        sorter = TopologicalSorter(reads)
        try:
            sorter.prepare()
        except CycleError as error:
            circle = error.args[1]
            node = nodes[circle[-1]]
            message = f"the nodes {' → '.join(circle)} read each other"
            self.problems.append(Problem("cycle", message, node.mark, f"{level.path}.{node.name}"))
            return level
        place = {name: index for index, name in enumerate(nodes)}
        ready = [(place[name], name) for name in sorter.get_ready()]
        heapify(ready)
        level.nodes = {}
        while ready:
            name = heappop(ready)[1]
            level.nodes[name] = nodes[name]
            sorter.done(name)
            for free in sorter.get_ready():
                heappush(ready, (place[free], free))
        return level

    def _check_read(self, level: _Level, outputs: Iterable[Ref]) -> None:
        """Every node is read, or is an output. Said only of a graph that has no other problem."""
        if any(name not in level.nodes for name in level.blocks) or len(self.problems) > level.before:
            return
        read = {ref.node for ref in outputs} | {ref.node for node in level.nodes.values() for ref in node.inputs}
        for name, node in level.nodes.items():
            if name not in read:
                message = f"nothing reads {name}, and it is no output"
                help = "name it under outputs or in the from of another node, or take it out"
                self.problems.append(Problem("unread", message, node.mark, f"{level.path}.{name}", help=help))
        for name in level.inputs:
            if name not in read:
                self.problems.append(Problem("unread", f"nothing reads the input {name}", level.tree.mark, level.path))


@dataclass(slots=True)
class _Level:
    """One graph while it is wired. `blocks` holds the nodes that are there; None for one whose block has problems."""

    path: str
    tree: Fields
    inputs: list[str]
    before: int  # how many problems there were
    specs: dict[str, NodeSpec] = field(default_factory=dict)
    blocks: dict[str, Block | None] = field(default_factory=dict)
    above: dict[str, str | None] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    last: str | None = None


def _from_help(block: Block) -> str | None:
    ports = block.ports()
    if not ports:
        return "say from: []"
    if ports[-1].variadic:
        return "say from: [one, another]"
    return f"say from: {{{', '.join(f'{port.name}: …' for port in ports)}}}" if len(ports) > 1 else None


def _references(tree: Tree) -> set[str]:
    """The names that the expressions in a tree read."""
    if isinstance(tree, Fields):
        return {name for item in tree.entries.values() for name in _references(item)}
    if isinstance(tree, Items):
        return {name for item in tree.items for name in _references(item)}
    if not isinstance(tree.value, str) or not is_expression(tree.value):
        return set()
    try:
        return set(references(tree.value))
    except ExpressionError:  # told when it is evaluated
        return set()


def _marks(tree: Fields, key: str) -> dict[str, Mark]:
    """The marks of the values in the mapping at a key."""
    return {name: item.mark for name, item in _mapping(tree, key).entries.items()}


def _mapping(tree: Fields, key: str) -> Fields:
    """The mapping at a key; an empty one where there is none."""
    found = tree.entries.get(key)
    return found if isinstance(found, Fields) else Fields({}, {}, tree.mark)


def _entry(tree: Tree, key: str) -> Tree:
    return tree.entries.get(key, tree) if isinstance(tree, Fields) else tree


def _once(problems: list[Problem]) -> list[Problem]:
    """The same fault, met at several uses of a YAML block, is one problem."""
    return list({(problem.code, problem.message, problem.mark): problem for problem in problems}.values())
