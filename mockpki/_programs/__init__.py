"""Programs of others: started, filled in, and ended with all that they started.

- `processes`: process groups that end, whatever happens.
- `placeholders`: what stands in braces in a command or a configuration.
- `ports`: free ports, for programs that cannot be given a socket.
"""
