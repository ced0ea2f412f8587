"""The users of the tests' Airflow."""

PASSWORDS = {"reader": "let me look", "editor": "let me change"}
