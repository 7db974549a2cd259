"""Whatever the stores hold of one person: found, given out, erased, and looked for again.

A subject is one account of one zone. The same e-mail in another zone is another person.
"""
