//! Names that requests want looked up (`do-resolve`): questions go from any core to the one that looks names up, and answers
//! come back. Who waits has a task to be woken; nobody waits for a lock longer than it takes to push or take a question.
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// One question.
pub struct Question {
    /// The section of name servers.
    pub resolvers: String,
    pub name: String,
    /// Whether an IPv4 address is preferred.
    pub v4: bool,
    /// `Some` once it is answered; then `None` where there is no address.
    answer: Mutex<Option<Option<IpAddr>>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Question {
    /// A question of a task that `wake` wakes.
    pub fn new(resolvers: &str, name: String, v4: bool, wake: Box<dyn Fn() + Send + Sync>) -> Arc<Question> {
        Arc::new(Question { resolvers: resolvers.to_owned(), name, v4, answer: Mutex::new(None), wake })
    }

    /// Answers it.
    pub fn tell(&self, address: Option<IpAddr>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
        (self.wake)();
    }

    /// The answer, once it is there.
    pub fn answer(&self) -> Option<Option<IpAddr>> {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.resolvers, self.name)
    }
}

/// Wakes who answers.
type Bell = Box<dyn Fn() + Send + Sync>;

/// The questions nobody has looked at yet.
#[derive(Default)]
pub struct Lookups {
    waiting: Mutex<Vec<Arc<Question>>>,
    bell: OnceLock<Bell>,
}

impl Lookups {
    /// Asks. While the process starts nobody answers yet: then the question waits.
    pub fn ask(&self, question: Arc<Question>) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(question);
        if let Some(bell) = self.bell.get() {
            bell();
        }
    }

    /// From now on somebody answers, whom `bell` wakes, and who looks once by itself.
    pub fn serve(&self, bell: Bell) {
        let _ = self.bell.set(bell);
    }

    /// Takes all questions.
    pub fn take(&self) -> Vec<Arc<Question>> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Lookups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lookups")
    }
}
