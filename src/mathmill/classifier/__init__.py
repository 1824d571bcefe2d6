"""Is this page mathematics? Imports `mathmill.data` only; callers supply the pages."""
