"""Who decides the same requests as gatewright: each in a process of its own, by one protocol."""
