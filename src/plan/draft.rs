//! What the text said, with spans: filled by the rows of `vocab` line by line, then resolved into a Plan by `config`.
