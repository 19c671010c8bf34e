"""Group: copies of one text, reports of one event, stories that go on from an earlier day."""
