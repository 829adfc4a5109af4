"""Search: rows (what is kept), filters (what may be asked), find (pages of items), similar, views (kept searches), export."""
