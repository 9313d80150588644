"""One file for each package of the wheel suite: small real uses, run in the Python under test.

Every function named `probe_...` returns its evidence as text or raises. The files run where
nothing of the factory's is installed, through standard input, with `probes/epilogue.py` behind.
"""
