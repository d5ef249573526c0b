"""On-site acceptance visits of quality-strong counties, districts, cities and towns."""

__version__ = "0.1.0"
