"""`/_emulator/*`: what tests and `baseten-tei rehearse` ask of the emulator."""
