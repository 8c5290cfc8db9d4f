"""Single faults in valid specs: in the data, with a value or a key at fault, and in the text, with a line at fault."""

from __future__ import annotations

import copy
import itertools
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.attack.grammar import Specimen, emit

Path = tuple[str, ...]
NODE_KEYS = ("from", "repeat", "when", "share", "doc")


@dataclass(frozen=True)
class Fault:
    """A spec's text with one fault, and the lines (from 1) that a message may name for it."""

    kind: str
    text: str
    lines: frozenset[int]


def data_fault(specimen: Specimen, chance: random.Random) -> Fault | None:
    """One fault in the spec's data; None where the kind that was drawn has no place in this spec."""
    kind = chance.choice(list(_DATA))
    data = copy.deepcopy(specimen.data)
    paths = _DATA[kind](data, chance)
    if paths is None:
        return None
    text, places = emit(data)
    return Fault(kind, text, frozenset(line for path, line in places.items() if path in paths or path[:-1] in paths))


def text_fault(specimen: Specimen, chance: random.Random) -> Fault | None:
    """One slip of the pen in the spec's text; None where the kind that was drawn has no place in this spec."""
    kind = chance.choice(list(_TEXT))
    lines = emit(specimen.data)[0].split("\n")[:-1]
    number = _TEXT[kind](lines, chance)
    if number is None:
        return None
    return Fault(kind, "\n".join(lines) + "\n", frozenset({number + 1}))


# --- in the data: each changes it in place, and returns the paths at which it may be named ----------------------------


def _nodes(data: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """All nodes but those that may be absent, whose configuration nobody reads, and the bodies that only those use."""
    present = [(name, node) for name, node in data["graph"].items() if "when" not in node]
    words = {node.get("block") for _, node in present}
    for name, node in present:
        yield ("graph", name), node
    for word, block in data.get("blocks", {}).items():
        for name, node in block["graph"].items() if word in words else ():
            yield ("blocks", word, "graph", name), node


def _fields(data: dict[str, Any]) -> list[tuple[Path, dict[str, Any], str]]:
    """The fields of blocks: path, the mapping that holds it, key."""
    own = ("block", *NODE_KEYS)
    return [((*path, key), node, key) for path, node in _nodes(data) for key in node if key not in own]


def _rename(mapping: dict[str, Any], old: str, new: str) -> None:
    entries = [(new if key == old else key, value) for key, value in mapping.items()]
    mapping.clear()
    mapping.update(entries)


def _typo(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word)) if len(word) > 1 else 1
    return word[:at] + "q" + word[at:]


def _top_key(data: dict[str, Any], chance: random.Random) -> list[Path]:
    old = chance.choice(list(data))
    new = _typo(old, chance)
    _rename(data, old, new)
    return [(new,)]


def _field_key(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
    fields = _fields(data)
    if not fields:
        return None
    path, node, key = chance.choice(fields)
    new = _typo(key, chance)
    _rename(node, key, new)
    return [(*path[:-1], new)]


def _node_key(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
    keys = [(path, node, key) for path, node in _nodes(data) for key in node if key in ("block", *NODE_KEYS)]
    if not keys:
        return None
    path, node, key = chance.choice(keys)
    new = _typo(key, chance)
    _rename(node, key, new)
    return [(*path, new)]


def _repeat_key(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
    keys = [(path, node) for path, node in _nodes(data) if "repeat" in node]
    if not keys:
        return None
    path, node = chance.choice(keys)
    new = _typo("repeat", chance)
    _rename(node, "repeat", new)
    return [(*path, new)]


def _word(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
    places = [(path, node) for path, node in _nodes(data) if "block" in node]
    if not places:
        return None
    path, node = chance.choice(places)
    node["block"] = _typo(node["block"].lstrip("$"), chance)
    return [(*path, "block")]


def _value(*values: Any) -> Callable[[dict[str, Any], random.Random], list[Path] | None]:
    """One of these in place of a whole number that a block takes."""

    def change(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
        sizes = ("features", "channels", "dim", "heads", "kernel", "patch", "hidden", "wide")
        fields = [(path, node, key) for path, node, key in _fields(data) if key in sizes]
        if not fields:
            return None
        path, node, key = chance.choice(fields)
        node[key] = chance.choice(values)
        return [path]

    return change


def _source(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
    places = list(_nodes(data))
    if not places:
        return None
    path, node = chance.choice(places)
    node["from"] = chance.choice(("nowhere", "nowhere.q", ["nowhere"], [], 7, f"{path[-1]}"))
    return [(*path, "from")]


def _shared(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
    places = [(path, node) for path, node in _nodes(data) if path[0] == "graph"]
    if not places:
        return None
    path, node = chance.choice(places)
    reads = {"from": node["from"]} if "from" in node else {}
    node.clear()
    node.update(reads | {"share": chance.choice(("nowhere", path[-1]))})
    return [(*path, "share")]


def _owner(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
    """A fault in a node whose weights are applied again."""
    owners = {node["share"] for _, node in _nodes(data) if "share" in node}
    if not owners:
        return None
    name = chance.choice(sorted(owners & data["graph"].keys()))
    key, value = chance.choice((("block", "nonsense"), ("from", "nowhere"), ("when", "many"), ("repeat", 0)))
    data["graph"][name][key] = value
    return [("graph", name, key)]


def _param(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
    if not data.get("params"):
        return None
    name = chance.choice(list(data["params"]))
    data["params"][name] = chance.choice(("$nowhere", "$(1 +)", "$(1 // 0)", "$(1 << 2)", f"${name}", "$(len(3))"))
    return [("params", name)]


def _output(data: dict[str, Any], chance: random.Random) -> list[Path]:
    name = chance.choice(list(data["outputs"]))
    data["outputs"][name] = chance.choice(("nowhere", "nowhere.q", 7, "1 2", None))
    return [("outputs", name)]


def _missing(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
    """A field less that must be there: the node or its block is at fault."""
    needed = ("features", "channels", "kernel", "patch", "size", "rate", "wide")
    fields = [(path, node, key) for path, node, key in _fields(data) if key in needed]
    fields = [(path, node, key) for path, node, key in fields if (node.get("block"), key) != ("body", "rate")]
    if not fields:
        return None
    path, node, key = chance.choice(fields)
    del node[key]
    return [path[:-1], (*path[:-1], "block")]


def _default(data: dict[str, Any], chance: random.Random) -> list[Path]:
    data["default"] = "nowhere"
    return [("default",)]


def _heads(data: dict[str, Any], chance: random.Random) -> list[Path] | None:
    places = [(path, node) for path, node in _nodes(data) if "heads" in node]
    if not places:
        return None
    path, node = chance.choice(places)
    node["heads"] = 997
    return [(*path, "heads")]


_DATA: dict[str, Callable[[dict[str, Any], random.Random], list[Path] | None]] = {
    "top key misspelt": _top_key,
    "field misspelt": _field_key,
    "key of a node misspelt": _node_key,
    "repeat misspelt": _repeat_key,
    "word misspelt": _word,
    "another type": _value("many", [[1]], {"a": 1}, True, "7", 1.5),
    "too small": _value(0, -1, -7),
    "too large": _value(10**10, 10**18, 10**40, float("inf")),
    "expression broken": _value("$(1 +)", "$(1 / 0)", "$((1)", "$(a b)", "$", "$()", "$(1)x", "$('a' * 99999)"),
    "name unknown": _value("$nowhere", "$(nowhere + 1)", "$nowhere.a.b"),
    "source unknown": _source,
    "share unknown": _shared,
    "owner of a share broken": _owner,
    "param broken": _param,
    "output unknown": _output,
    "field missing": _missing,
    "default unknown": _default,
    "heads too many": _heads,
}

# --- in the text: each changes the lines in place, and returns the index of the one at fault --------------------------


def _pick(lines: list[str], pattern: str, chance: random.Random) -> int | None:
    numbers = [number for number, line in enumerate(lines) if re.search(pattern, line)]
    return chance.choice(numbers) if numbers else None


def _change(pattern: str, new: str) -> Callable[[list[str], random.Random], int | None]:
    """The pattern is replaced in one line that has it."""

    def change(lines: list[str], chance: random.Random) -> int | None:
        number = _pick(lines, pattern, chance)
        if number is not None:
            lines[number] = re.sub(pattern, new, lines[number], count=1)
        return number

    return change


def _shifted(by: int) -> Callable[[list[str], random.Random], int | None]:
    """A space more or less before a key that is neither the first of its mapping nor follows one with more below it."""

    def change(lines: list[str], chance: random.Random) -> int | None:
        pairs = itertools.pairwise(lines)
        numbers = [
            number
            for number, (above, line) in enumerate(pairs, 1)
            if _indent(line) == _indent(above) >= max(0, -by) and not above.endswith(":")
        ]
        if not numbers:
            return None
        number = chance.choice(numbers)
        lines[number] = " " * by + lines[number] if by > 0 else lines[number][-by:]
        return number

    return change


def _beside(lines: list[str], chance: random.Random) -> int | None:
    """A colon less in one of several keys of a mapping."""
    numbers = [
        number
        for number, line in enumerate(lines)
        if re.match(r' *[\w"]+: \S', line)
        and any(_indent(lines[other]) == _indent(line) for other in (number - 1, number + 1) if 0 <= other < len(lines))
    ]
    if not numbers:
        return None
    number = chance.choice(numbers)
    lines[number] = lines[number].replace(":", "", 1)
    return number


def _twice(lines: list[str], chance: random.Random) -> int | None:
    number = _pick(lines, r"^ *\S+: .", chance)
    if number is None:
        return None
    lines.insert(number, lines[number])
    return number + 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


_TEXT: dict[str, Callable[[list[str], random.Random], int | None]] = {
    "colon missing": _beside,
    "colon missing before more": _change(r"^( *[\w\"]+):$", r"\1"),
    "space behind the colon missing": _change(r"^( *\w+): (?=\w)", r"\1:"),
    "one space more": _shifted(1),
    "one space less": _shifted(-1),
    "a tab": _change(r"^  ", "\t"),
    "bracket unclosed": _change(r"\]$", ""),
    "bracket unopened": _change(r": \[", ": "),
    "bracket too many": _change(r"\]$", "]]"),
    "brace unclosed": _change(r": (\w+)$", r": {\1"),
    "quote unclosed": _change(r"(: \".*)\"$", r"\1"),
    "alias unknown": _change(r": (\w+)$", r": *\1"),
    "reserved sign": _change(r": (\w+)$", r": @\1"),
    "percent sign": _change(r": (\w+)$", r": %\1"),
    "tag": _change(r": (\w+)$", r": !!python/name:os.system \1"),
    "control character": _change(r"(\w)$", "\\1\x07"),
    "key twice": _twice,
}
