"""The read model of the market: derived from the chain, rebuilt from it when lost, never the truth itself.

documents.py  what is made of the actions: keys, and how they are read and written
fold/         one irreversible action of the feed -> documents, a module for each theme (pure)
agreements.py passive contracts and peer-to-peer deals: what happens to them, and how they stand (pure)
view.py       what an offer looks like: the documents, and its row at the head where that is further (pure)
store.py      the collections, their indexes and lists
projector.py  the feed into the collections: each action counts once, whatever crashes when
heads.py      the rows of undecided and unsettled offers at the chain's head
notes.py      agreements as an order has just left them
news.py       what is told of agreements and takeovers
changes.py    what changed, numbered, for those who follow
model.py      all of it in one thread
"""
