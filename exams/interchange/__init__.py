"""Items and tests in other systems' formats. Readers and writers are functions over bytes and drafts.

A reader is `read(content: bytes, *, name: str, language: str) -> Package`: `name` is the file's, `language` what it is
written in where it does not say so itself. It raises `Unreadable` and nothing else, never writes, and returns a
`Package` in which everything that could not be carried is a `Loss`. A writer is `write(package: Package, *,
language: str) -> Written`: `language` is the one to write where the format has room for a single one.
exams.interchange.formats lists them; what happens to a package (preview, import, report) is exams.services.interchange.
"""
