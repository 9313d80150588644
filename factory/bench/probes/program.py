"""Run one program of pyperformance, as a worker of pyperf, by the clock of the process's CPU time.

`program.py SITE SCRIPT ARGUMENT...`. SITE is a directory with pyperf and the program's packages.
"""

from __future__ import annotations

import pathlib
import runpy
import sys
import time

time.perf_counter = time.process_time  # before pyperf and the program look it up
site, script = sys.argv[1:3]
sys.path[:1] = [str(pathlib.Path(script).parent), site]
sys.argv[:] = sys.argv[2:]
runpy.run_path(script, run_name="__main__")
