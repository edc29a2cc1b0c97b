"""How a TLS server comes by its staples. `mockpki.staplers` is the door to it.

1. All state lives on the event loop's thread; fetches are tasks on that loop, over real HTTP.
2. The policy decides; nothing here asks which server it describes.
3. Time is the PKI's clock, but for time-outs, which are real.
"""
