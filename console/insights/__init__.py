"""Figures for people: queues, flow, quality."""
