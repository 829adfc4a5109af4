"""Policies and their immutable versions."""
