//! The driver from a seed, with virtual time.
