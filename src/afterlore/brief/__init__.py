"""A daily brief of a field's news in which every claim points to its source sentence.

``pipeline`` runs a day through the stages, each a folder or module of its own::

    gather      sources → items, with the health of each source
    read        item → article: text, outlet, kind
    group       copies, events, stories that go on
    classify, rank
    write       the articles of an event → a draft: title, insight, labelled facts
    check       does a statement follow from its source?
    claims      draft → claims in the ledger, held against the other outlets
    publish     ledger, page, folder, and the check that they still hold
    evaluate    each stage measured against labelled data

``vertical`` is what the brief knows of its field, read from ``verticals/*.toml``.
"""
