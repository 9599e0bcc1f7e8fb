//! The rarer manners of a proxy, each off by default: one field of a frontend and of a backend.
use super::ForwardFor;

/// Which of them a proxy has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// `option originalto`; its `if_none` is never set.
    pub original_to: Option<ForwardFor>,
    /// `option nolinger`: closing is a reset.
    pub no_linger: bool,
    /// `option http-pretend-keepalive`: a server is not told that its connection ends after the answer.
    pub pretend_keepalive: bool,
    /// `option http-no-delay`: bytes never wait for those that may follow.
    pub no_delay: bool,
    /// `option checkcache`: an answer with a cookie that a cache may keep is held back.
    pub check_cache: bool,
    /// `rate-limit sessions`: so many new connections of a frontend a second; 0 is no limit.
    pub rate_limit: u32,
}
