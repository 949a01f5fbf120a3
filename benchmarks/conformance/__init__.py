"""Decision vectors through other implementations of IAM policies: who decides what, and by which rule they differ."""
