"""Run the examples of pages of CPython's tutorial: tutorial.py PAGE.rst..."""

import ast
import doctest
import fractions
import math
import sys
from pathlib import Path

# Beginnings of examples that no Python passes: shown to fail, for another system, for a patient
# reader, or with definitions that the page gives without prompts.
LEFT_OUT = (
    *("x = int(input(", "fmt = input(", "print(my_function.__doc__)"),
    *("prefix 'thon'", "('un' * 3) 'ium'", "[x, x**2 for", "0.1\n", "while True:\n"),
    *("locale.", "conv = locale.", "t = BatchRename", "for i, filename in enumerate(photofiles)"),
    *("fib\n", "foo(1, **{'name'", "f('spam')", "gc.collect()", "d['primary']      "),
)
MEANT = {"math": math, "Fraction": fractions.Fraction, "x": 42}


class Checker(doctest.OutputChecker):
    """Compare values as values: sets have no order, and strings two kinds of quotes."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        if super().check_output(want, got, optionflags):
            return True
        try:
            return bool(ast.literal_eval(want) == ast.literal_eval(got))
        except (SyntaxError, ValueError):
            return False


def examples(page: Path) -> doctest.DocTest:
    parser = doctest.DocTestParser()
    test = parser.get_doctest(page.read_text(encoding="utf-8"), MEANT, page.name, str(page), 0)
    test.examples = [one for one in test.examples if not one.source.startswith(LEFT_OUT)]
    return test


def main() -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    runner = doctest.DocTestRunner(Checker(), optionflags=flags, verbose=False)
    for page in sys.argv[1:]:
        runner.run(examples(Path(page)))
    print(f"{runner.tries} examples")
    sys.exit(bool(runner.failures))


if __name__ == "__main__":
    main()
