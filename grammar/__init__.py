"""Grammar files of the policy language."""
