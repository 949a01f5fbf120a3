"""The conformance suite: decision vectors for anyone who implements IAM policies, and what makes and compares them."""
