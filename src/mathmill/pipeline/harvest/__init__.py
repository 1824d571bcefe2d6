"""Problems with solutions and final answers, found in pages."""
