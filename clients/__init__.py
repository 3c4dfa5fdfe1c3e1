"""Generated clients, one a service: see README.md."""
