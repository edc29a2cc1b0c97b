"""Recipes: how to drive real clients through the scenarios, and the policy that describes each."""
