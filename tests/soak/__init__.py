"""Long runs that are not part of the suite; each prints what it found."""
