"""Mutation testing: small faults are put into the deciding code, and the tests must notice each (README.md)."""
