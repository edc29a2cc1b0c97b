"""What clients and servers are put through."""
