"""Addresses of the pages, one file for each area; console.ui.urls joins them."""
