"""R1 and R9 of the quality agreement, on a whole local system; R2, R3 and R8 stand where their parts are tested."""
