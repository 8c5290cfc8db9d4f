"""Names that a node or an output cannot have: torch uses them on every module, or Python has them for itself."""

from __future__ import annotations

from keyword import iskeyword

from archspec.errors import Mark, Problem
from archspec.language.wiring.problems import Problems

RESERVED = frozenset(
    """
    False None T_destination True add_module add_submodule and apply as assert async await bfloat16 break
    buffers call_super_init children class code compile continue cpu cuda def del delete_all_unused_submodules
    delete_submodule double dump_patches elif else eval except extra_repr finally float for forward from
    get_buffer get_extra_state get_parameter get_submodule global graph half if import in ipu is lambda
    load_state_dict meta modules mtia named_buffers named_children named_modules named_parameters nonlocal not
    or outputs parameters pass print_readable raise recompile register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
    register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook
    requires_grad_ return self set_extra_state set_submodule shape_env share_memory state_dict to to_empty
    to_folder train training try type while with xpu yield zero_grad
    """.split()
)


def check_name(name: str, mark: Mark, path: str, problems: Problems) -> None:
    """Raises UnresolvedError for the name of a node or an input that is reserved."""
    if name in RESERVED:
        message = f"{name} is a name that Python or torch has for itself"
        raise problems.fail(Problem("name", message, mark, path, help=f"call it {name}_ or something else"))


def check_output_name(name: str, mark: Mark, path: str, problems: Problems) -> None:
    """Raises UnresolvedError for the name of an output that Python has for itself: results are read as `y.name`."""
    if iskeyword(name):
        message = f"{name} is a name that Python has for itself, so no output can be called so"
        raise problems.fail(Problem("name", message, mark, path, help=f"call it {name}_ or something else"))
