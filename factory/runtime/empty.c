/* empty: a shared library without anything in it (recipes/interpreter.py says what for).
   SPDX-License-Identifier: MIT */
