"""What a diff view is made of: pages, geometry, cells, colours and paint. No widget in here."""
