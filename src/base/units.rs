//! HAProxy's numbers with units (configuration manual, 2.5 "Time format" and "Size format").
