//! The rule language at run time: samples, the context they are fetched from, ACLs, conditions, actions, programs, and the
//! traits that a row of [`crate::vocab`] implements. Nothing here knows a keyword or a session.
pub mod acl;
pub mod action;
pub mod balance;
pub mod body;
pub mod coded;
pub mod cx;
pub mod errorpage;
pub mod format;
pub mod forwarded;
pub mod handshake;
pub mod inspect;
pub mod list;
pub mod log_profile;
pub mod pattern;
pub mod places;
pub mod record;
pub mod redirected;
pub mod regex;
pub mod sample;
pub mod vars;

pub use acl::{Acl, Condition};
pub use action::{Action, Awaited, Lookup, Program, Rule, Verdict};
pub use balance::{Balancer, RoundRobin};
pub use cx::{ConnInfo, Cx, Facts, NoTrace, Trace, Wishes};
pub use format::Format;
pub use handshake::{Expect, Handshake};
pub use inspect::Inspect;
pub use record::Record;
pub use redirected::Redirected;
pub use sample::{Convert, Fetch, Sample, SampleExpr};
pub use vars::{Variable, Vars};
