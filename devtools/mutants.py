"""Small faults of a Python source: for each, the source with that one fault in it."""

import ast
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.BitOr: "&",
    ast.BitAnd: "|",
}
_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_Fault: TypeAlias = tuple[ast.AST, str]


class Mutant(NamedTuple):
    """One fault: where it is, what stood there, what stands there now, and the whole source."""

    line: int
    function: str  # the outermost function or method, or the class, or "" for the module
    in_function: bool  # in its body: a decorator or a default is carried out by an import
    statement: tuple[int, int]  # first and last line; of a compound statement, those of its head
    before: str
    after: str
    source: str


class _Scope(NamedTuple):
    name: str
    body: tuple[int, int] | None  # where the body of the outermost function starts
    statement: tuple[int, int]


def _constant(node: ast.Constant) -> Iterator[_Fault]:
    value = node.value
    if isinstance(value, bool):
        yield node, repr(not value)
    elif isinstance(value, int | float):
        yield node, repr(value * 2 if value > 2 else value + 1)
    elif isinstance(value, str) and " " not in value:
        # A text of several words is a message: the catalogues of messages compare those.
        yield node, repr(f"{value}XX")


def _comparison(node: ast.Compare) -> Iterator[_Fault]:
    if len(node.ops) == 1:
        operator = _COMPARISONS[type(node.ops[0])]
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        yield node, f"({left}) {operator} ({right})"


def _either(node: ast.BoolOp) -> Iterator[_Fault]:
    other = " or " if isinstance(node.op, ast.And) else " and "
    yield node, "(" + other.join(f"({ast.unparse(value)})" for value in node.values) + ")"
    for left_out in node.values:
        kept = [value for value in node.values if value is not left_out]
        rest = ast.BoolOp(node.op, kept) if len(kept) > 1 else kept[0]
        yield node, f"({ast.unparse(rest)})"


def _call(node: ast.Call) -> Iterator[_Fault]:
    for left_out in node.keywords:
        if left_out.arg:
            kept = [keyword for keyword in node.keywords if keyword is not left_out]
            yield node, ast.unparse(ast.Call(node.func, node.args, kept))


def _statement(node: ast.stmt) -> Iterator[_Fault]:
    match node:
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.Raise() | ast.AugAssign():
            yield node, "pass"
        case ast.Return(value=ast.expr()) if ast.unparse(node) != "return None":
            yield node, "return None"
        case ast.If() | ast.While():
            yield node.test, f"(not ({ast.unparse(node.test)}))"
        case ast.Break():
            yield node, "continue"
        case ast.Continue():
            yield node, "break"


def _faults(node: ast.AST) -> Iterator[_Fault]:
    match node:
        case ast.Constant():
            yield from _constant(node)
        case ast.Compare():
            yield from _comparison(node)
        case ast.BoolOp():
            yield from _either(node)
        case ast.BinOp() if type(node.op) in _OPERATORS:
            operator = _OPERATORS[type(node.op)]
            yield node, f"(({ast.unparse(node.left)}) {operator} ({ast.unparse(node.right)}))"
        case ast.UnaryOp(op=ast.Not()):
            yield node, f"({ast.unparse(node.operand)})"
        case ast.IfExp():
            yield node.test, f"(not ({ast.unparse(node.test)}))"
        case ast.comprehension():
            yield from ((test, "True") for test in node.ifs)
        case ast.Call():
            yield from _call(node)
        case ast.stmt():
            yield from _statement(node)


def _left_alone(node: ast.AST) -> list[ast.AST]:
    """Annotations, Literals, docstrings, f-strings: a fault there changes nothing, or a message."""
    match node:
        case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=ast.expr() as annotation):
            return [annotation]
        case ast.FunctionDef(returns=ast.expr() as returns):
            return [returns]
        case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
            return [values]
        case ast.Expr(value=ast.Constant()) | ast.JoinedStr() | ast.ImportFrom() | ast.Import():
            return [*ast.iter_child_nodes(node)]
    return []


def _walk(node: ast.AST, scope: _Scope) -> Iterator[tuple[_Scope, ast.AST]]:
    """Each node that may hold a fault, with the outermost function or method that it is in."""
    yield scope, node
    skipped = _left_alone(node)
    for child in ast.iter_child_nodes(node):
        if child in skipped:
            continue
        inner = scope._replace(statement=_head(child) or scope.statement)
        if isinstance(child, _Function | ast.ClassDef) and not scope.body:
            inner = inner._replace(name=f"{scope.name}.{child.name}".lstrip("."))
        if isinstance(child, _Function) and not scope.body:
            inner = inner._replace(body=(child.body[0].lineno, child.body[0].col_offset))
        yield from _walk(child, inner)


def _head(node: ast.AST) -> tuple[int, int] | None:
    """The lines of a statement, without those of the statements in it."""
    match node:
        case ast.match_case(pattern=first, body=body):
            return first.lineno, max(first.lineno, body[0].lineno - 1)
        case ast.Match(cases=[ast.match_case(pattern=pattern), *_]):
            return node.lineno, max(node.lineno, pattern.lineno - 1)
        case ast.stmt() | ast.ExceptHandler():
            first_line = min(
                (each.lineno for each in getattr(node, "decorator_list", ())), default=node.lineno
            )
            inner: list[ast.stmt] = getattr(node, "body", [])
            last = inner[0].lineno - 1 if inner else node.end_lineno or node.lineno
            return first_line, max(node.lineno, last)
    return None


def _replaced(lines: list[bytes], node: ast.AST, after: str) -> tuple[str, str]:
    """What stood in the place of a node, and the source with something else there."""
    assert isinstance(node, ast.expr | ast.stmt)
    assert node.end_lineno
    assert node.end_col_offset
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    whole = b"".join(lines)
    return whole[start:end].decode(), (whole[:start] + after.encode() + whole[end:]).decode()


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module that still compiles."""
    lines = source.encode().splitlines(keepends=True)
    found = []
    for scope, node in _walk(ast.parse(source), _Scope("", None, (1, 1))):
        for place, after in _faults(node):
            before, changed = _replaced(lines, place, after)
            try:
                compile(changed, "mutant", "exec")
            except SyntaxError:
                continue
            assert isinstance(place, ast.expr | ast.stmt)
            at = (place.lineno, place.col_offset)
            inside = scope.body is not None and at >= scope.body
            found.append(
                Mutant(place.lineno, scope.name, inside, scope.statement, before, after, changed)
            )
    return found
