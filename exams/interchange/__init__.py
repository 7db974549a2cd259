"""Items and tests in other systems' formats. Readers and writers are functions over bytes and drafts.

A reader never writes: it returns a `Package` in which everything that could not be carried is a `Loss`. What happens
to a package (preview, import, report) is exams.services.interchange.
"""
