"""The tests of mockpki, in the order of its wings.

`kit` has what they share, `foreign` what other implementations say.
"""
