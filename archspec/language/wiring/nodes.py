"""The nodes of a graph: which of them are there, and the block of each."""

from __future__ import annotations

from contextlib import suppress

from archspec.errors import Problem, nearest
from archspec.graph import Block, Repeat, carried
from archspec.language.document import Fields
from archspec.language.spec import SHARING_KEYS, show_value
from archspec.language.wiring.level import Level
from archspec.language.wiring.problems import UnresolvedError
from archspec.language.wiring.reserved import check_name
from archspec.language.wiring.resolver import Resolver
from archspec.language.wiring.values import names_read

MOST_REPEATS = 10_000


def build_blocks(level: Level, resolver: Resolver) -> None:
    """Fill `level.blocks`: evaluate each node's `when`, and build the blocks of those that are there."""
    for name in level.specs:
        level.blocks[name] = None
        with suppress(UnresolvedError):
            check_node_name(level, name, resolver)
            if is_there(level.fields(name), f"{level.path}.{name}", resolver):
                level.blocks[name] = _block(level, name, resolver)
            else:
                del level.blocks[name]


def check_node_name(level: Level, name: str, resolver: Resolver) -> None:
    """Raises UnresolvedError where a node cannot be called so."""
    mark, path = level.tree.keys[name], f"{level.path}.{name}"
    check_name(name, mark, path, resolver.problems)
    if name in level.inputs:
        raise resolver.problems.fail(Problem("name", f"{name} is an input already", mark, path))


def is_there(tree: Fields, path: str, resolver: Resolver) -> bool:
    """Whether a node is there, by its `when`. Raises UnresolvedError."""
    if "when" not in tree.entries:
        return True
    there = resolver.value(tree.entries["when"], f"{path}.when")
    if not isinstance(there, bool):
        message = f"{path}.when takes true or false, got {show_value(there)}"
        raise resolver.problems.fail(Problem("wrong-type", message, tree.entries["when"].mark, f"{path}.when"))
    return there


def _block(level: Level, name: str, resolver: Resolver) -> Block:
    tree, path = level.fields(name), f"{level.path}.{name}"
    if level.specs[name].share is not None:
        return _shared(level, name, resolver)
    if "repeat" in tree.entries:
        return _repeat(tree, path, resolver)
    if "layer_dropout" in tree.entries:
        message = f"{path} is not repeated, so no repetition of it can be left out"
        mark = tree.keys["layer_dropout"]
        raise resolver.problems.fail(Problem("unknown-key", message, mark, path, key="layer_dropout"))
    return resolver.block(tree, path)


def _shared(level: Level, name: str, resolver: Resolver) -> Block:
    """The block of the node whose weights this one shares."""
    check_share(level, name, resolver)
    block = level.blocks[str(level.specs[name].share)]
    if block is None:
        raise UnresolvedError  # the owner's own problem is reported already
    return block


def check_share(level: Level, name: str, resolver: Resolver) -> None:
    """Raises UnresolvedError where a node shares the weights of none that stands above it, or says more than it may."""
    tree, path, owner = level.fields(name), f"{level.path}.{name}", str(level.specs[name].share)
    extra = [key for key in tree.entries if key not in SHARING_KEYS]
    if extra:
        message = f"{path} shares the weights of {owner}, so it cannot say {extra[0]} itself"
        raise resolver.problems.fail(Problem("share", message, tree.keys[extra[0]], path, key=extra[0]))
    mark, number = tree.entries["share"].mark, level.number[name]
    if level.number.get(owner, number) >= number:
        message = f"{path} shares the weights of {owner}, and no node above it is called so"
        help = nearest(owner, [other for other in level.specs if level.number[other] < number])
        raise resolver.problems.fail(Problem("unknown-source", message, mark, path, help=help))
    if owner not in level.blocks:
        message = f"{path} shares the weights of {owner}, which is switched off"
        help = "give it the same when, or a block of its own"
        raise resolver.problems.fail(Problem("unknown-source", message, mark, path, help=help))


def _repeat(tree: Fields, path: str, resolver: Resolver) -> Block:
    """The block `repeat` times; each reads its index i and the count n."""
    leaf, path_of_count, problems = tree.entries["repeat"], f"{path}.repeat", resolver.problems
    count = count_of(tree, path, resolver)
    blocks = _repeats(tree, path, count, resolver)
    if -1 in carried(blocks[0]) or not blocks[0].ports():
        outputs = ", ".join(blocks[0].output_names()) or "its output"
        message = f"{path}: {blocks[0].word} cannot be repeated, because {outputs} and its ports do not match"
        raise problems.fail(Problem("ports", message, leaf.mark, path_of_count))
    return Repeat(blocks=blocks, layer_dropout=layer_dropout_of(tree, path, resolver))


def layer_dropout_of(tree: Fields, path: str, resolver: Resolver) -> float:
    """How often a repetition of a node is left out in training. Raises UnresolvedError."""
    leaf, path = tree.entries.get("layer_dropout"), f"{path}.layer_dropout"
    if leaf is None:
        return 0.0
    rate = resolver.value(leaf, path)
    if type(rate) not in (int, float) or not 0 <= rate < 1:
        message = f"{path} takes a number of at least 0 and below 1, got {show_value(rate)}"
        raise resolver.problems.fail(Problem("wrong-type", message, leaf.mark, path))
    return float(rate)


def count_of(tree: Fields, path: str, resolver: Resolver) -> int:
    """How often a node with `repeat` stands. Raises UnresolvedError."""
    leaf, path_of_count = tree.entries["repeat"], f"{path}.repeat"
    count = resolver.value(leaf, path_of_count)
    if type(count) is not int or not 1 <= count <= MOST_REPEATS:
        message = f"{path_of_count} takes a whole number from 1 to {MOST_REPEATS:,}, got {show_value(count)}"
        help = "`when: false` leaves a node out" if count == 0 and type(count) is int else None
        raise resolver.problems.fail(Problem("wrong-type", message, leaf.mark, path_of_count, help=help))
    return count


def _repeats(tree: Fields, path: str, count: int, resolver: Resolver) -> tuple[Block, ...]:
    if not names_read(tree, path, resolver.problems, resolver.tally) & {"i", "n"}:
        return (resolver.block(tree, path),) * count
    before = len(resolver.problems)
    blocks = []
    for repeated in resolver.repeats(count):
        blocks.append(repeated.block(tree, path))
        resolver.tally.check(tree.entries["repeat"].mark, f"{path}.repeat", resolver.problems)
        if len(resolver.problems) > before:  # the others would have the same
            raise UnresolvedError
    return tuple(blocks)
