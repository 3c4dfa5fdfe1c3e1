"""What all services share: small modules without any knowledge of a service."""
