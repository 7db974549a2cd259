"""QTI 3.0 and 2.2, read and written; their ancestors, read.

docs/decisions/0018 says why each language has a file of its own, and how an export comes back as the very same drafts.
"""

from exams.interchange.qti.reading import read
from exams.interchange.qti.writing import write

__all__ = ["read", "write"]
