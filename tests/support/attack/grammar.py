"""A seeded grammar of valid but strange specs. It keeps its own account of shapes, apart from archspec's rules."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

TITLES = (
    "plain",
    "Ünïcødé – 视觉 变换器",
    "a & b < c > d",
    "100 % 'quoted' \"twice\"",
    "# no comment",
    "x" * 200,
    "yes",
)
NAMES = ("on", "No", "y", "null_", "Q", "_x"[1:], "N1e5", "block", "i", "n", "x" * 64, "repeat", "inputs", "params")
ACTS = ("gelu", "quick_gelu", "relu", "hardswish", "silu", "sigmoid")


@dataclass(frozen=True)
class Value:
    """What a node gives: an image (c, h, w), tokens (n × c, perhaps on a grid, names in front) or a vector (c)."""

    source: str
    kind: str
    c: int
    n: int = 0
    grid: tuple[int, int] | None = None
    prefix: tuple[str, ...] = ()

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes of one sample."""
        if self.kind == "image":
            assert self.grid
            return (self.c, *self.grid)
        return (self.n, self.c) if self.kind == "tokens" else (self.c,)


@dataclass(frozen=True)
class Specimen:
    """A valid spec as plain data, and the sizes that each of its outputs must have."""

    seed: int
    data: dict[str, Any]
    outputs: dict[str, tuple[int, ...]]


def specimen(seed: int, nodes: int = 12) -> Specimen:
    """The spec of a seed: a random graph of about that many nodes."""
    return _Author(random.Random(seed)).write(seed, nodes)


def emit(data: dict[str, Any]) -> tuple[str, dict[tuple[str, ...], int]]:
    """YAML in block style, and the line (from 1) on which the key of each path stands."""
    lines: list[str] = []
    places: dict[tuple[str, ...], int] = {}

    def put(mapping: dict[str, Any], path: tuple[str, ...]) -> None:
        for key, value in mapping.items():
            here = (*path, key)
            indent = "  " * len(path)
            places[here] = len(lines) + 1
            if isinstance(value, dict) and value:
                lines.append(f"{indent}{_scalar(key)}:")
                put(value, here)
            else:
                lines.append(f"{indent}{_scalar(key)}: {_scalar(value)}")

    put(data, ())
    return "\n".join(lines) + "\n", places


def _scalar(value: Any) -> str:
    """JSON is YAML; words stand without quotes where YAML reads them as they are."""
    if isinstance(value, str):
        plain = value.isascii() and value.replace("_", "a").isalnum() and value[0].isalpha()
        known = value.lower() in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
        return value if plain and not known else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


@dataclass
class _Author:
    """Writes one spec; every choice is the seed's."""

    chance: random.Random
    params: dict[str, Any] = field(default_factory=dict)
    graph: dict[str, Any] = field(default_factory=dict)
    values: list[Value] = field(default_factory=list)
    unread: dict[str, Value] = field(default_factory=dict)
    last: str = ""
    plain_nodes: list[tuple[str, Value, Value]] = field(default_factory=list)
    bodies: dict[str, Any] = field(default_factory=dict)

    def write(self, seed: int, nodes: int) -> Specimen:
        inputs = self._inputs()
        for _ in range(max(1, round(nodes * self.chance.uniform(0.5, 1.5)))):
            self._node()
        for value in [value for name, value in self.unread.items() if name in inputs]:
            self._place(value, {"block": "layer_norm"}, value)
        outputs = self._outputs()
        data: dict[str, Any] = {"archspec": 1, "name": f"attack_{seed}", "title": self.chance.choice(TITLES)}
        if self.params:
            data["params"] = self.params
        data |= {"inputs": inputs}
        if self.chance.random() < 0.5:
            data["defaults"] = {"layer_norm": {"eps": 1e-6}, "mlp": {"act": self.chance.choice(ACTS)}}
        if self.bodies:
            data["blocks"] = self.bodies
        data |= {"graph": self.graph, "outputs": {name: value.source for name, value in outputs.items()}}
        if self.params and self.chance.random() < 0.5:
            name = self.chance.choice(list(self.params))
            data["variants"] = {"same": {"params": {name: self.params[name]}}, "other": {"title": "another"}}
        return Specimen(seed, data, {name: value.sizes for name, value in outputs.items()})

    def _inputs(self) -> dict[str, Any]:
        inputs: dict[str, Any] = {}
        for number in range(self.chance.choice((1, 1, 1, 2, 3))):
            name = f"in{number}"
            kind = self.chance.choice(("image", "image", "tokens", "vector"))
            c = self.chance.choice((1, 3, 4, 8, 12))
            if kind == "image":
                h, w = self.chance.choice((4, 7, 8, 16)), self.chance.choice((4, 8, 9, 16))
                inputs[name] = {"channels": self._number(c), "size": [h, w]}
                self._keep(Value(name, "image", c, h * w, (h, w)))
            elif kind == "tokens":
                grid = (self.chance.randint(1, 5), self.chance.randint(1, 5)) if self.chance.random() < 0.7 else None
                n = grid[0] * grid[1] if grid else self.chance.randint(1, 20)
                inputs[name] = {"tokens": n, "dim": self._number(c)} | ({"grid": list(grid)} if grid else {})
                self._keep(Value(name, "tokens", c, n, grid))
            else:
                inputs[name] = {"features": self._number(c)}
                self._keep(Value(name, "vector", c))
        return inputs

    def _keep(self, value: Value) -> None:
        self.values.append(value)
        self.unread[value.source] = value
        self.last = value.source

    def _number(self, value: int) -> Any:
        """The number as it is, or by way of an expression or a parameter."""
        way = self.chance.randrange(12)
        name = f"p{len(self.params)}"
        if way == 0:
            self.params[name] = value
            return f"${name}"
        if way == 1:
            self.params[name] = {"deep": [0, {"er": value}]}
            return f"$({name}.deep[1].er)"
        if way == 2:
            part = self.chance.randint(-50, 50)
            return f"$({value - part} + {part})" if part >= 0 else f"$({value - part} - {-part})"
        if way == 3:
            return f"$(sum(range({value})) * 0 + {value})"
        if way == 4:
            return f"$({value} if 1 < 2 and not false else 1 // 0)"
        if way == 5:
            self.params[name] = f"$(range({value + 1}))"
            return f"$({name}[-1])"
        if way == 6:
            self.params[name] = value
            self.params[f"{name}b"] = f"$({name} * 1)"
            return f"$(max({name}b, {name}, min({name}, {name}b)))"
        return value

    def _node(self) -> None:
        x = self.chance.choice(self.values[-4:] if self.chance.random() < 0.8 else self.values)
        if self.chance.random() < 0.15 and self._merge(x):
            return
        if self.chance.random() < 0.08 and self._share():
            return
        if self.chance.random() < 0.1 and x.kind == "tokens":
            self._yaml_block(x)
            return
        options = {"image": self._of_image, "tokens": self._of_tokens, "vector": self._of_vector}[x.kind](x)
        config, result = self.chance.choice(options)()
        self._place(x, config, result)

    def _place(self, x: Value, config: dict[str, Any], result: Value) -> None:
        """A node that reads x; nodes that keep their shape may be repeated, absent, or applied again."""
        name, node = self._name(), dict(config)
        first = not self.graph and len(self.values) > 1  # which of several inputs it reads must be said
        if x.source != self.last or first or self.chance.random() < 0.3:
            node["from"] = x.source
        same = replace(result, source="") == replace(x, source="")
        if same and self.chance.random() < 0.15:
            node["repeat"] = self._number(self.chance.choice((1, 2, 3)))
            if node["block"] == "encoder_layer":
                node["drop_path"] = "$(0.1 * i / n)"
        elif same and self.chance.random() < 0.1:
            node["when"] = self.chance.choice((True, False, "$(1 > 2)", "$(2 in [1, 2])"))
        elif self.chance.random() < 0.1:
            node["doc"] = self.chance.choice(TITLES)
        self.graph[name] = node
        result = replace(result, source=name)
        if not {"repeat", "when"} & node.keys():
            self.plain_nodes.append((name, x, result))
        self.unread.pop(x.source, None)
        self._keep(result)

    def _name(self) -> str:
        strange = self.chance.choice(NAMES)
        return strange if self.chance.random() < 0.1 and strange not in self.graph else f"n{len(self.graph)}"

    def _merge(self, x: Value) -> bool:
        """A sum, a mean or a concatenation of x and others of its shape."""
        alike = [y for y in self.values if replace(y, source="") == replace(x, source="") and y.source != x.source]
        if not alike:
            return False
        others = self.chance.sample(alike, self.chance.randint(1, min(4, len(alike))))
        word = self.chance.choice(("add", "mean", "concat"))
        name = self._name()
        self.graph[name] = {"block": word, "from": [x.source, *(y.source for y in others)]}
        for value in (x, *others):
            self.unread.pop(value.source, None)
        self._keep(replace(x, source=name, c=x.c * (1 + len(others)) if word == "concat" else x.c))
        return True

    def _share(self) -> bool:
        """The weights of a node, applied again to a value of the same shape."""
        pairs = [
            (name, y, result)
            for name, x, result in self.plain_nodes
            for y in self.values
            if replace(x, source="") == replace(y, source="")
        ]
        if not pairs:
            return False
        owner, y, result = self.chance.choice(pairs)
        name = self._name()
        self.graph[name] = {"share": owner, "from": y.source}
        self.unread.pop(y.source, None)
        self._keep(replace(result, source=name))
        return True

    def _yaml_block(self, x: Value) -> None:
        """A residual branch, written in YAML, with parameters and perhaps a slot."""
        word = f"body{len(self.bodies)}"
        slot = self.chance.random() < 0.5
        self.bodies[word] = {
            "doc": self.chance.choice(TITLES),
            "params": {"wide": "int", "rate": {"type": "float", "default": 0.1, "doc": "a rate"}}
            | ({"inner": "slot"} if slot else {}),
            "graph": {
                "norm": {"block": "layer_norm"},
                "up": {"block": "linear", "features": "$(wide * 2)"},
                "act": {"block": "$inner"} if slot else {"block": "activation"},
                "down": {"block": "linear", "features": "$wide"},
                "drop": {"block": "dropout", "rate": "$rate", "repeat": 2},
                "sum": {"block": "add", "from": ["x", "drop"]},
            },
        }
        inner = self.chance.choice(("layer_norm", "activation", {"block": "mlp", "hidden": 5}))
        self._place(x, {"block": word, "wide": self._number(x.c)} | ({"inner": inner} if slot else {}), x)

    def _outputs(self) -> dict[str, Value]:
        """Everything that nobody reads, as long as a node gives it."""
        ends = [value for value in self.unread.values() if value.source.split(".")[0] in self.graph] or [
            self.values[-1]
        ]
        return {f"out{number}": value for number, value in enumerate(ends)}

    def _of_image(self, x: Value) -> list[Callable[[], tuple[dict[str, Any], Value]]]:
        assert x.grid
        (h, w), c = x.grid, self.chance.choice((1, 3, 4, 8, 12))
        k, stride = self.chance.choice((1, 3, 5)), self.chance.choice((1, 1, 2))
        rows, columns = (h - 1) // stride + 1, (w - 1) // stride + 1
        small = replace(x, c=c, n=rows * columns, grid=(rows, columns))
        patch = self.chance.choice([side for side in (1, 2, 4) if h % side == 0 and w % side == 0])
        cut = (h // patch, w // patch)
        conv = {"block": "conv2d", "channels": self._number(c), "kernel": k, "stride": stride, "padding": k // 2}
        size = [self.chance.randint(1, 9), self.chance.randint(1, 9)]
        return [
            lambda: (conv, small),
            lambda: (conv | {"bias": False}, small),
            lambda: ({"block": "resize", "size": size}, replace(x, n=size[0] * size[1], grid=(size[0], size[1]))),
            lambda: ({"block": "to_tokens"}, replace(x, kind="tokens")),
            lambda: (
                {"block": "patch_embed", "patch": patch, "dim": self._number(c)},
                Value("", "tokens", c, cut[0] * cut[1], cut),
            ),
            lambda: (
                {"block": self.chance.choice(("batch_norm", "layer_norm", "activation", "position_embedding"))},
                x,
            ),
            lambda: ({"block": "mean_pool"}, Value("", "vector", x.c)),
        ]

    def _of_tokens(self, x: Value) -> list[Callable[[], tuple[dict[str, Any], Value]]]:
        c = self.chance.choice((1, 4, 6, 8, 12))
        heads = self.chance.choice([count for count in (1, 2, 3, 4) if x.c % count == 0])
        words = ("self_attention", "talking_heads_attention", "re_attention")
        attention = {"block": self.chance.choice(words), "heads": self._number(heads)}
        options: list[Callable[[], tuple[dict[str, Any], Value]]] = [
            lambda: ({"block": "linear", "features": self._number(c)}, replace(x, c=c)),
            lambda: (
                {"block": self.chance.choice(("layer_norm", "activation", "position_embedding", "layer_scale"))},
                x,
            ),
            lambda: ({"block": "mlp", "ratio": self.chance.choice((1, 2.5, "$(8 / 2)")), "dropout": 0.1}, x),
            lambda: (attention, x),
            lambda: ({"block": "encoder_layer", "attention": attention, "mlp": {"block": "mlp", "hidden": 3}}, x),
            lambda: ({"block": "encoder_layer", "attention": attention, "norm": None, "layer_scale": 1e-5}, x),
            lambda: ({"block": "norm_linear", "features": self._number(c), "norm": "layer_norm"}, replace(x, c=c)),
            lambda: ({"block": "mean_pool"}, Value("", "vector", x.c)),
        ]
        if "cls" not in x.prefix:
            longer = replace(x, n=x.n + 1, prefix=("cls", *x.prefix))
            options.append(lambda: ({"block": "class_token"}, longer))
        else:
            options.append(lambda: ({"block": "select_token", "token": "cls"}, Value("", "vector", x.c)))
        if x.grid and not x.prefix:
            options.append(lambda: ({"block": "to_image"}, replace(x, kind="image")))
        if x.grid:
            rows, columns = (x.grid[0] - 1) // 2 + 1, (x.grid[1] - 1) // 2 + 1
            fewer = replace(x, n=rows * columns + len(x.prefix), grid=(rows, columns))
            options.append(lambda: ({"block": "subsample"}, fewer))
            if x.c <= 64:
                options.append(lambda: ({"block": "token_pool"}, replace(fewer, c=2 * x.c)))
        return options

    def _of_vector(self, x: Value) -> list[Callable[[], tuple[dict[str, Any], Value]]]:
        c = self.chance.choice((1, 4, 8, 10))
        return [
            lambda: ({"block": "linear", "features": self._number(c), "init": "zeros"}, replace(x, c=c)),
            lambda: ({"block": self.chance.choice(("layer_norm", "activation"))}, x),
            lambda: ({"block": "mlp", "hidden": self._number(7)}, x),
            lambda: ({"block": "batch_norm"}, x),
        ]
