"""Every act that the code records has its line in `meetings.audit_actions`, so that none is misspelled."""

import ast
import fnmatch
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from meetings.audit_actions import ACTIONS, words_of
from tests.nodes import ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef
SOURCES = [path for name in ("meetings", "streaming") for path in sorted((ROOT / name).rglob("*.py"))]


class Module:
    """The actions that a module may hand to `audit_append`, followed through names, choices and its own functions."""

    def __init__(self, source: str, others: Sequence[str] = ()) -> None:
        self.others = others
        self.tree = ast.parse(source)
        self.functions = [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    def recorded(self) -> Iterator[str | None]:
        """None: nobody can tell from the source which action it is."""
        for function, call in self._calls("audit_append"):
            yield from self._values(_argument(call, "action", position=None), function)

    def _calls(self, name: str) -> Iterator[tuple[Function | None, ast.Call]]:
        for function in [*self.functions, None]:
            for node in _own(function or self.tree):
                if isinstance(node, ast.Call) and _called(node) == name:
                    yield function, node

    def _values(self, value: ast.expr | None, function: Function | None) -> Iterator[str | None]:
        match value:
            case ast.Constant(value=str(action)):
                yield action
            case ast.IfExp():
                yield from self._values(value.body, function)
                yield from self._values(value.orelse, function)
            case ast.JoinedStr():
                parts = [part.value if isinstance(part, ast.Constant) else "*" for part in value.values]
                yield "".join(map(str, parts)) if isinstance(value.values[0], ast.Constant) else None
            case ast.Name(id=name):
                yield from self._named(name, function)
            case _:
                yield None

    def _named(self, name: str, function: Function | None) -> Iterator[str | None]:
        scopes: list[ast.AST] = [function] if function else []
        for scope in [*scopes, self.tree]:
            assigned = [node.value for node in _own(scope) if isinstance(node, ast.Assign) and _assigns(node, name)]
            if assigned:
                for value in assigned:
                    yield from self._values(value, function)
                return
            if isinstance(scope, Function) and name in (parameters := _parameters(scope)):
                position = parameters.index(name)
                yield from self._from_callers(scope.name, name, position) or {None}
                return
        yield None

    def _from_callers(self, called: str, name: str, position: int) -> set[str | None]:
        """What is private is called from here; of what is not, the callers may be anywhere."""
        found: set[str | None] = set()
        is_public = not called.startswith("_")
        for module in (self, *(Module(other) for other in self.others if is_public and f"{called}(" in other)):
            for caller, call in module._calls(called):
                found |= set(module._values(_argument(call, name, position=position), caller))
        return found


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """What is in a scope and not in a function inside of it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, Function):
            yield child
            yield from _own(child)
        elif isinstance(scope, ast.ClassDef):
            continue


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _assigns(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _parameters(function: Function) -> list[str]:
    arguments = function.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return [name for name in names if name != "self"]


def _argument(call: ast.Call, name: str, *, position: int | None) -> ast.expr | None:
    named = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    if named is None and position is not None and position < len(call.args):
        return call.args[position]
    return named


def recorded_in(path: Path) -> set[str | None]:
    others = [other.read_text() for other in SOURCES if other != path]
    return set(Module(path.read_text(), others).recorded())


@pytest.mark.parametrize("path", [p for p in SOURCES if "audit_append(" in p.read_text()], ids=lambda path: path.name)
def test_what_is_recorded_is_registered(path: Path) -> None:
    if path.name == "audit.py":
        return
    recorded = recorded_in(path)
    assert recorded, "no call was found"
    assert None not in recorded, (
        "say the action as a string that begins with a constant, a choice of strings, a constant, or a parameter"
    )
    unknown = {action for action in recorded if action and not fnmatch.filter(ACTIONS, action)}
    assert not unknown, f"add a line to meetings/audit_actions.py: {unknown}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("audit_append(action='a.b')", {"a.b"}),
        ("N = 'a.b'\ndef f():\n    audit_append(action=N)", {"a.b"}),
        ("def f(x):\n    y = 'a.b' if x else 'a.c'\n    audit_append(action=y)", {"a.b", "a.c"}),
        ("def f(*, a):\n    audit_append(action=a)\ndef g():\n    f(a='a.b')\n    f(a='a.c')", {"a.b", "a.c"}),
        ("class A:\n  def f(self, a):\n    audit_append(action=a)\n  def g(self):\n    self.f('a.b')", {"a.b"}),
        ("def f(x):\n    audit_append(action=f'a.{x}')", {"a.*"}),
        ("def f(x):\n    audit_append(action=f'{x}.a')", {None}),
        ("def f(action):\n    audit_append(action=action)", {None}),
    ],
)  # fmt: skip
def test_the_search_follows_what_code_does(source: str, expected: set[str | None]) -> None:
    assert set(Module(source).recorded()) == expected


def test_callers_elsewhere_count_too() -> None:
    source, other = "def f(a):\n    audit_append(action=a)", "def g():\n    f('a.b')"
    assert set(Module(source, [other]).recorded()) == {"a.b"}


def test_each_action_is_a_thing_and_what_was_done_to_it_in_words() -> None:
    for name, action in ACTIONS.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name)
        assert action.words
        assert not action.words.endswith(".")
    assert words_of("segment.corrected") == "corrected a line"
    assert words_of("never.heard_of") == "never.heard_of"
