"""What clients and servers are put through: a folder each, and in it a file for each module."""
