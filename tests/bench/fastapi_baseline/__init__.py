"""What MegaCity's exam loop is compared with: the same work in FastAPI, SQLAlchemy 2 and asyncpg, as one writes it.

Same tables, same engine, same guarantees for an answer: token and block-list checked, attempt row locked, client key
looked up, deadline and current item checked, scored, response and audit row inserted, state stored, committed, copied
to Redis. It is written as such applications usually are, with the ORM; it refuses less, and knows one zone.
"""
