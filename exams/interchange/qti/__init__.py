"""QTI 3.0, 2.2 and their ancestors: what docs/decisions/0018 says of languages and of our own parameters."""

from exams.interchange.qti.reading import read

__all__ = ["read"]
