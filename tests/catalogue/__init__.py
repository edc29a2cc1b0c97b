"""The catalogue of faults, and the difference that each makes."""
