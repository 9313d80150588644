"""Run the command line; the one place where errors become exit codes."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from factory.cli import run
from factory.console import Console
from factory.errors import ExitCode, FactoryError


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    console = Console(quiet="--quiet" in arguments)
    # A CI that cancels a job sends SIGTERM: clean up as after Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = run(arguments, console)
        sys.stdout.flush()  # here, where a reader that went away is caught
        return code
    except FactoryError as error:
        console.error(error.message, error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        console.error("interrupted", "nothing half-done is kept; the same command goes on")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away; keep Python from saying so once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception as error:
        console.error(
            f"unexpected {type(error).__name__}: {error}",
            f"this is a bug of the factory; its traceback is in {_save_traceback()}",
        )
        return ExitCode.BUG


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _save_traceback() -> Path:
    with tempfile.NamedTemporaryFile(
        "w", prefix="factory-error-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exc(file=file)
    return Path(file.name)


if __name__ == "__main__":
    sys.exit(main())
