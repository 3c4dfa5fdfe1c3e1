"""One slot on the running system, narrated, and checked row by row against the model (`./tbi demo`)."""
