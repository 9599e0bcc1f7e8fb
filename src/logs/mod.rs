//! Log lines on their way out: what stands before them, and to whom they go (configuration manual, 3.1 `log`). A target that
//! is slow or gone loses lines, which are counted; it never delays anybody.
pub mod clock;
pub mod forward;
mod head;
pub mod mirror;
mod outlet;
mod ring_end;
mod sender;

pub use sender::Sender;
