"""The rules: what would fail, or hurt, on Baseten and TEI twenty minutes after the push, as data one can read.

`rule` says what a rule is, `subject` what it looks at; each other module is a family of rules.
"""
