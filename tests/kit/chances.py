"""How often a real server may be unlike what is said of it before that counts."""

CHANCES = {"hitch": 4}
"""Where that is not twice: processes of others run at a pace of their own, and a busy machine is late. hitch
fetches in one process and watches for what is fetched in another: an answer that comes before the watch has
begun waits there for a restart."""
