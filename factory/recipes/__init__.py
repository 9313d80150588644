"""How each component is built: (component, target) -> commands, as plain values.

`base` holds what recipes share; a recipe knows paths of the work directory only (model/plan.py).
"""
