"""Mutation testing: the code that decides who may do what is changed in one place at a time, and a test must notice."""
