"""Stapling servers of others, each with a configuration that shows its defaults.

- `commands`: how each of them is started; its configuration or source stands beside it.
- `plain`: a TLS server of ours that knows nothing of staples, as a script.
"""
