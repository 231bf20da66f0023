"""`/_emulator/*`: what tests and `rehearse` tell the emulator."""
