"""gatewright: IAM policies, compiled."""
