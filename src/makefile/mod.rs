//! A makefile as statements with spans, in source order, nothing evaluated.
