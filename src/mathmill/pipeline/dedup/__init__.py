"""One copy of everything: exact and near duplicates, and lines that all pages of a site have."""
