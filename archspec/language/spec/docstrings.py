"""The docstring below a field, read from the source on demand; Pydantic would read all of them at every start."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache

from pydantic import BaseModel


def docstring_of(model: type[BaseModel], name: str) -> str | None:
    """The text that documents a field, by its name or alias; None where it has none."""
    for field, info in model.model_fields.items():
        if name in (field, info.alias):
            return info.description or _docstrings(model).get(field)
    return None


@cache
def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The strings that follow the fields of a class and of those that it inherits from."""
    docstrings: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if issubclass(part, BaseModel) and part is not BaseModel:
            docstrings |= _own(part)
    return docstrings


def _own(model: type[BaseModel]) -> dict[str, str]:
    try:
        source = inspect.getsource(model)
    except (OSError, TypeError):  # a class created at run time has no source
        return {}
    body = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(doc.value.value)
        for field, doc in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(doc, ast.Expr)
        and isinstance(doc.value, ast.Constant)
        and isinstance(doc.value.value, str)
    }
