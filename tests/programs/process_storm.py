"""Many child processes from many threads at once; each says what it was given."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

CHILD = "import sys; sys.stdout.write(sys.stdin.read()[::-1]); sys.exit(7)"


def child(number: int) -> bool:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CHILD],
        input=f"{number:06}" * 5000,
        capture_output=True,
        text=True,
    )
    wanted = (f"{number:06}" * 5000)[::-1]
    return (done.returncode, done.stdout, done.stderr) == (7, wanted, "")


with ThreadPoolExecutor(16) as pool:
    print(sum(pool.map(child, range(300))))
