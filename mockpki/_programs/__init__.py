"""Programs of others: started, filled in, and ended with all that they started.

- `processes`: started, watched and ended with their process groups, and what they print is kept.
- `foreground`: one in our place, with our terminal, streams and signals.
- `strays`: those that left their group, as daemons do, found and ended.
- `faketime`: a clock that a program goes by, moved by libfaketime; `openings`: whether it reads it.
- `placeholders`: what stands in braces in a command or a configuration.
- `ports`: free ports, for programs that cannot be given a socket.

Clients (`mockpki._probe`) and servers (`mockpki.scenarios.servers`) both come in here.
"""
