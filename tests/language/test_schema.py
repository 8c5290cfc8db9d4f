"""The JSON Schema says what the validator says. (tools/editor holds it against the real yaml-language-server.)"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from archspec.cli import main
from archspec.language import packaged_specs
from archspec.language.document import parse, plain, read
from archspec.language.schema import schema
from archspec.language.words import Vocabulary

SCHEMA = schema()
SPECS = [*packaged_specs(), *sorted((Path(__file__).parents[2] / "specs" / "tutorial").glob("*.yaml"))]
KINDS: dict[str, Any] = {"object": dict, "array": list, "string": str, "null": type(None), "boolean": bool}


def holds(rule: Any, value: Any) -> bool:
    """Draft 7, as much of it as our schema uses; a keyword that is not known here fails the test."""
    if isinstance(rule, bool):
        return rule
    if "$ref" in rule:
        return holds(SCHEMA["$defs"][rule["$ref"].removeprefix("#/$defs/")], value)
    return all(KEYWORDS[key](given, value, rule) for key, given in rule.items())


def is_type(given: Any, value: Any) -> bool:
    if isinstance(given, list):
        return any(is_type(one, value) for one in given)
    if given in ("integer", "number"):
        return isinstance(value, int if given == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, KINDS[given])


def properties(given: Any, value: Any, rule: Any) -> bool:
    return not isinstance(value, dict) or all(holds(given[key], value[key]) for key in given if key in value)


def additional(given: Any, value: Any, rule: Any) -> bool:
    extra = [key for key in value if key not in rule.get("properties", {})] if isinstance(value, dict) else []
    return all(holds(given, value[key]) for key in extra)


def items(given: Any, value: Any, rule: Any) -> bool:
    if not isinstance(value, list):
        return True
    pairs = zip(given, value, strict=False) if isinstance(given, list) else ((given, item) for item in value)
    return all(holds(one, item) for one, item in pairs)


def bound(test: Any) -> Any:
    def check(given: Any, value: Any, rule: Any) -> bool:
        return not isinstance(value, int | float) or isinstance(value, bool) or bool(test(value, given))

    return check


def nothing(given: Any, value: Any, rule: Any) -> bool:
    return True


KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(
        ("$schema", "$defs", "title", "description", "patternErrorMessage", "default", "then", "else"), nothing
    ),
    "type": lambda given, value, _: is_type(given, value),
    "const": lambda given, value, _: value == given and type(value) is type(given),
    "enum": lambda given, value, _: value in given,
    "not": lambda given, value, _: not holds(given, value),
    "anyOf": lambda given, value, _: any(holds(one, value) for one in given),
    "allOf": lambda given, value, _: all(holds(one, value) for one in given),
    "if": lambda given, value, rule: holds(rule.get("then" if holds(given, value) else "else", True), value),
    "required": lambda given, value, _: not isinstance(value, dict) or set(given) <= set(value),
    "properties": properties,
    "additionalProperties": additional,
    "propertyNames": lambda given, value, _: not isinstance(value, dict) or all(holds(given, key) for key in value),
    "items": items,
    "minItems": lambda given, value, _: not isinstance(value, list) or len(value) >= given,
    "maxItems": lambda given, value, _: not isinstance(value, list) or len(value) <= given,
    "pattern": lambda given, value, _: not isinstance(value, str) or bool(re.search(given, value)),
    "minLength": lambda given, value, _: not isinstance(value, str | list | dict) or len(value) >= given,
    "maxLength": lambda given, value, _: not isinstance(value, str) or len(value) <= given,
    "minimum": bound(lambda value, least: value >= least),
    "maximum": bound(lambda value, most: value <= most),
    "exclusiveMinimum": bound(lambda value, least: value > least),
    "exclusiveMaximum": bound(lambda value, most: value < most),
}


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_packaged_spec_is_good(spec: Path) -> None:
    assert holds(SCHEMA, plain(parse(read(spec))))


GOOD: dict[str, Any] = {
    "archspec": 1,
    "name": "x",
    "params": {"dim": 8, "attn": {"heads": 2}},
    "inputs": {"image": {"channels": 3, "size": "$size"}},
    "blocks": {
        "own": {"params": {"k": {"type": "int", "default": 3, "doc": "x"}, "s": "slot"}, "graph": {"a": {"block": "b"}}}
    },
    "graph": {
        "embed": {"block": "patch_embed", "patch": 8, "dim": "$(dim * 2)"},
        "layers": {"block": "encoder_layer", "repeat": "$n", "attention": {"block": "self_attention", "heads": 2},
                   "mlp": {"ratio": 2}, "drop_path": "$(i / 10)"},
        "own": {"block": "own", "k": 4, "from": "layers"},
        "again": {"share": "own", "when": "$(dim > 3)"},
        "head": {"block": "mean_pool", "from": ["own"]},
    },
    "outputs": {"y": "head"},
    "variants": {"big": {"graph": {"own": None, "layers": {"repeat": 4}, "late": {"block": "join", "after": "embed"}}}},
}  # fmt: skip
FAULTS: list[tuple[str, Any]] = [
    ("archspec", 2),
    ("graph.embed.pathc", 8),
    ("graph.embed.patch", "eight"),
    ("graph.embed.patch", -1),
    ("graph.layers.repeat", "two"),
    ("graph.layers.attention", {"block": "self_attention", "haeds": 2}),
    ("graph.layers.mlp", {"ratoi": 2}),
    ("graph.layers.drop_path", 1.5),
    ("graph.embed", {"patch": 8}),
    ("graph.embed", {"block": "patch_embed", "patch": 8}),
    ("graph.1x", {"block": "mean_pool"}),
    ("inputs.image.chanels", 3),
    ("blocks.own.params.k.typ", "int"),
    ("blocks.own.grph", {}),
    ("expct", {}),
    ("expect", {"parms": 3}),
    ("variants.big.graph.late.affter", "x"),
    ("variants.big.graph.layers", 3),
    ("graph.head.when", 3),
    ("outputs._y", "head"),
    ("outputs.class", "head"),
    ("outputs", {"train": {"None": "head"}, "eval": {"y": "head"}}),
    ("outputs", {"train": {"y": "head"}, "eval": {"_z": "head"}}),
    ("blocks.own.outputs", {"class": "a"}),
    ("expect", {"outputs": {"_y": [8]}}),
]


def with_value(data: Any, path: str, value: Any) -> Any:
    data = copy.deepcopy(data)
    *way, last = path.split(".")
    at = data
    for word in way:
        at = at[word]
    at[last] = value
    return data


def test_a_good_spec_is_good() -> None:
    assert holds(SCHEMA, GOOD)
    child = {"archspec": 1, "extends": "cvt.yaml", "graph": {"stage1": {"dim": 3}, "head": None}}
    assert holds(SCHEMA, child) and not holds(SCHEMA, {**child, "extents": 1})
    assert holds(SCHEMA, {"archspec": 1, "blocks": GOOD["blocks"]}) and not holds(SCHEMA, {"archspec": 1})


@pytest.mark.parametrize(("path", "value"), FAULTS, ids=[path for path, _ in FAULTS])
def test_a_fault_is_seen(path: str, value: Any) -> None:
    assert not holds(SCHEMA, with_value(GOOD, path, value))


@pytest.mark.parametrize("word", list(Vocabulary()))
def test_every_field_of_every_block_is_described(word: str) -> None:
    fields = SCHEMA["$defs"][f"block.{word}"]["properties"]
    assert set(fields) == set(Vocabulary()[word].model_fields) and all(
        field["description"] for field in fields.values()
    )


def test_the_schema_beside_the_specs_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    file = Path(__file__).parents[2] / "specs" / "archspec.schema.json"
    assert main(["schema", "--check", str(file)]) == 0, capsys.readouterr().out
    assert json.loads(file.read_text()) == SCHEMA


def test_init_writes_a_spec_that_is_fine_and_extends_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "my vit.yaml")]) == 0
    assert main(["validate", str(tmp_path / "my vit.yaml")]) == 0
    assert main(["init", str(tmp_path / "child.yaml"), "--from", "my vit.yaml#my_vit_deep"]) == 0
    assert json.loads((tmp_path / "archspec.schema.json").read_text()) == SCHEMA
    for file in tmp_path.glob("*.yaml"):
        assert file.read_text().startswith("# yaml-language-server: $schema=archspec.schema.json\n")
        assert holds(SCHEMA, plain(parse(read(file))))
    assert main(["init", str(tmp_path / "child.yaml")]) == 1 and main(["init", str(tmp_path / "x")]) == 1
    assert "is there already" in capsys.readouterr().err
