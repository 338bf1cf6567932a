"""What a change of access depends on is read in its own turn, behind one lock."""

import ast
from pathlib import Path

import flowpilot

PACKAGE = Path(flowpilot.__file__).parent

# Who reads the role of a member, and for what.
READS_ROLES = {
    "identity/locking.py": "what a change of access depends on",
    "identity/auth.py": "who calls",
    "identity/sign_in/login.py": "which accounts somebody may sign in to",
    "identity/queries.py": "what is shown",
    "identity/assignees.py": "to whom work can be assigned, which is no access",
    "notifications/people.py": "who is notified",
}
# An invitation's page says whether it is still open; to accept it takes the lock.
SHOWS_A_ROLE = {"identity/invitations/accept.py"}
WRITES_MEMBERSHIPS = {
    "identity/members.py",
    "imports/writer.py",  # It adds people whom nobody knew before, and takes nothing from anybody.
    "demo/people.py",
    "offboarding/contents.py",  # It names the table of an account that is closed already, and goes as a whole.
}


HASHING = {"hash_password", "verify_password", "new_hash", "is_right"}


# A migration is history, and a ticket system has memberships of its own.
LEFT_OUT = {"migrations", "providers"}


def _uses() -> dict[str, set[str]]:
    """By module: what it does to `Membership` and what it imports, as short words."""
    return {
        str(path.relative_to(PACKAGE)): set(map(_word, ast.walk(ast.parse(path.read_text()))))
        for path in PACKAGE.rglob("*.py")
        if LEFT_OUT.isdisjoint(path.parts)
    }


def _word(node: ast.AST) -> str:
    match node:
        case ast.Attribute(value=ast.Name("Membership"), attr=name):
            return f"Membership.{name}"
        case ast.Call(func=ast.Name("select"), args=[ast.Name("Membership"), *_]):
            return "Membership.role"
        case ast.Call(func=ast.Name("insert" | "update" | "delete"), args=[ast.Name("Membership"), *_]):
            return "write"
        case ast.Call(func=ast.Name("Membership")) | ast.Constant("memberships"):
            return "write"
        case ast.ImportFrom(module="flowpilot.identity.queries", names=names) if any(
            name.name == "role_of" for name in names
        ):
            return "role_of"
        case _:
            return ""


def test_nothing_else_reads_a_role_for_a_change() -> None:
    uses = _uses()
    assert {module for module, words in uses.items() if "Membership.role" in words} == set(READS_ROLES), (
        "A role read without the lock may be out of date: a team admin could override somebody who has just "
        "become owner, and an account lose its last one. Use identity/locking.py, or say here what it is for."
    )
    assert {module for module, words in uses.items() if "role_of" in words} == SHOWS_A_ROLE


def test_who_is_a_member_is_written_by_what_takes_the_lock() -> None:
    # The model itself names its table.
    writers = {module for module, words in _uses().items() if "write" in words} - {"identity/models.py"}
    assert writers == WRITES_MEMBERSHIPS, (
        "Give and take access by the verbs of identity/members.py, which take turns and leave an audit entry."
    )


def test_no_password_is_hashed_while_a_connection_is_held() -> None:
    """Within `async with database.…`, or in a function that is given a session."""
    held = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path in PACKAGE.rglob("*.py")
        for holder in ast.walk(ast.parse(path.read_text()))
        if _holds_a_connection(holder)
        for call in ast.walk(holder)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in HASHING
    ]
    assert not held, (
        f"{held}: a hash takes long on purpose, and ten of them would hold up everybody. Compute it before the "
        "transaction begins, and look again in it at what must not have changed."
    )


def _holds_a_connection(node: ast.AST) -> bool:
    match node:
        case ast.AsyncWith(items=items):
            return any(ast.unparse(item.context_expr).startswith("database.") for item in items)
        case ast.AsyncFunctionDef(args=arguments):
            annotations = [argument.annotation for argument in (*arguments.args, *arguments.kwonlyargs)]
            sessions = {"Db", "ReadDb", "WriteSession", "ReadSession"}
            return any(given is not None and ast.unparse(given) in sessions for given in annotations)
        case _:
            return False
