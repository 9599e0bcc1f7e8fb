//! (opened below)
