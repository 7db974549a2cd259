"""Moodle XML (https://docs.moodle.org/en/Moodle_XML_format)."""

from exams.interchange.moodle.reading import read
from exams.interchange.moodle.writing import write

__all__ = ["read", "write"]
