"""One of several schemas, written so that editors show it well."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def any_of(options: list[Json]) -> Json:
    """A schema that holds where one of the options does.

    Plain types are merged into one list: an editor shows the parts of an `anyOf` rather than the whole.
    """
    flat: list[Json] = []
    for option in (part for whole in options for part in whole.get("anyOf", [whole])):
        if option in flat:
            continue
        types = _types(option)
        partner = next((at for at, other in enumerate(flat) if types and _types(other) and _merge(option, other)), None)
        if partner is None:
            flat.append(option)
        else:
            merged = list(dict.fromkeys([*_types(flat[partner]), *types]))
            flat[partner] = {**flat[partner], **option, "type": merged}
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def _types(option: Json) -> list[str]:
    types = option.get("type", [])
    return types if isinstance(types, list) else [types]


def _merge(a: Json, b: Json) -> bool:
    """Whether two schemas can be one: they speak of different types, or of texts with the same pattern."""
    both = {*_types(a)} & {*_types(b)}
    alike = all(a[key] == b[key] for key in {*a} & {*b} if key != "type")
    return alike and both <= {"string"} and (not both or a.get("pattern") == b.get("pattern"))
