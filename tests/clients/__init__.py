"""Recipes: how to drive real clients through the scenarios, and the policy that describes each.

- `test_CLIENT`: one file a client. `test_whole_table`: several clients in every scenario.
- `kit`: the verdict of a program, by its exit status.
"""
