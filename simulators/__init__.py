"""What stands outside the project, in a form that behaves like the real thing, faults included."""
