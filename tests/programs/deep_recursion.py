"""Deep calls of Python are no C stack; endless ones through C are a RecursionError, no crash."""

import json
import sys
import threading


def deep(depth: int) -> int:
    return 1 + deep(depth - 1) if depth else 0


class Endless:
    def __repr__(self) -> str:
        return repr(self)

    def __getattr__(self, name: str) -> object:
        return getattr(self, name + "a")

    def __add__(self, other: object) -> object:
        return self + other


def endless() -> list[str]:
    nested: object = []
    for _ in range(200_000):
        nested = [nested]
    text = "[" * 200_000
    caught = []
    for name, action in {
        "repr": lambda: repr(Endless()),
        "getattr": lambda: Endless().attribute,
        "add": lambda: Endless() + 1,
        "nested": lambda: repr(nested),
        "json": lambda: json.loads(text),
        "encode": lambda: json.dumps(nested),
        "sort": lambda: sorted([Endless(), Endless()], key=repr),
    }.items():
        try:
            action()
        except RecursionError:
            caught.append(name)
    while nested:  # or its destruction would be as deep
        (nested,) = nested  # type: ignore[misc]
    return caught


def everything(said: list[str]) -> None:
    sys.setrecursionlimit(110_000)
    said.append(str(deep(100_000)))
    sys.setrecursionlimit(1000)
    said += endless()


here: list[str] = []
there: list[str] = []
everything(here)
thread = threading.Thread(target=everything, args=(there,))
thread.start()
thread.join()
assert here == there, (here, there)
print(*here)
