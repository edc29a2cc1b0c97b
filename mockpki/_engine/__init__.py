"""The event loop, and the TCP and HTTP that run on it. It obeys a `Wire` and decides nothing.

- `loop`: the one background loop of the process, and how other threads call into it.
- `ports`: loopback addresses, and ports that are bound before anyone listens.
- `listener`: a port that takes connections, or refuses them.
- `connection`: one TCP connection.
- `peers`: those of them whose peer sends no more, and may be gone.
- `http`: HTTP/1 on a connection.
- `requests`: the requests on it, as they come in.
- `heads`: heads of requests that have come before.
- `interrupts`: Ctrl-C, while something is opened or closed.
- `standstill`: where a thread is that does not come back.
- `waiting`: a test that waits in an event loop of its own.
- `fetch`: one question to a responder, as a task on the loop.

1. One loop and one daemon thread per process, started with the first PKI and stopped with the last.
2. `Connection` and `ListeningPort` live on the loop's thread; other threads go through `Engine.call`.
3. Nothing here waits for a client: closing tears every connection down at once.
4. `Connection` is no asyncio transport: that has its own buffers and its own idea of when a peer is gone,
   where faults have to decide octet by octet what is sent, when, and whether the end is a FIN or an RST.
   It also calls its protocol one turn of the loop later, and what had arrived when `settle` was called has
   to be read by then.
"""
