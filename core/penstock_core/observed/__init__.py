"""Objects as the API server shows them, parsed once, where a watch or an answer takes them in: below, values with names.

Parsing never fails: an old or a hostile object has empty members, and must not stop the others.
"""
