//! The executor of one thread: tasks, the clock, timers, letters, and the table of streams.
use super::buffer::{OutBuf, Pool};
use super::driver::{Completion, ConnectOptions, ConnectTo, Driver, Key};
use super::mailbox::{Letter, Mailbox, Notifier};
use super::stream::{ListenerState, Slot, StreamState};
use super::timer::{Entry, Wheel};
use crate::base::time::Tick;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::os::fd::{IntoRawFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

/// A task of a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId {
    index: u32,
    generation: u32,
}

impl TaskId {
    /// No task.
    pub const NONE: TaskId = TaskId { index: u32::MAX, generation: 0 };

    #[cfg(test)]
    pub(super) fn new(index: u32, generation: u32) -> TaskId {
        TaskId { index, generation }
    }
}

/// Which driver to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IoMode {
    /// io_uring where the kernel allows all we need, else epoll.
    #[default]
    Auto,
    Uring,
    Epoll,
}

type BoxedTask = Pin<Box<dyn Future<Output = ()>>>;

struct Task {
    generation: u32,
    future: Option<BoxedTask>,
    queued: bool,
    /// When the wheel will look at this task.
    armed: Tick,
    /// When the task asked to be woken at its last poll.
    wanted: Tick,
}

const NEVER: Tick = Tick(u64::MAX);
/// A turn that begins so soon after the one before has not slept: there is more to come.
const BUSY: Duration = Duration::from_micros(100);
/// So long what runs at the end of turns may wait for more to do, as long as turns follow each other so fast.
const SHARED: Duration = Duration::from_millis(1);
/// Vectors kept for reuse as send buffers.
const KEEP_VECS: usize = 256;
/// A vector that grew larger is not kept.
const KEEP_VEC_BYTES: usize = 64 * 1_024;

pub(super) struct Inner {
    tasks: RefCell<Vec<Task>>,
    free_tasks: RefCell<Vec<u32>>,
    ready: RefCell<VecDeque<u32>>,
    current: Cell<TaskId>,
    wake_at: Cell<Tick>,
    now: Cell<Tick>,
    wheel: RefCell<Wheel>,
    pub(super) slots: RefCell<Vec<Slot>>,
    pub(super) free_slots: RefCell<Vec<u32>>,
    pub(super) driver: RefCell<Box<dyn Driver>>,
    vecs: RefCell<Vec<Vec<u8>>>,
    mailbox: Arc<Mailbox>,
    live_tasks: Cell<usize>,
    stopped: Cell<bool>,
    turns: Cell<u64>,
    completions: RefCell<Vec<Completion>>,
    due: RefCell<Vec<Entry>>,
    /// What runs at the end of a turn that asked for it.
    turns_end: RefCell<Option<Box<dyn Fn()>>>,
    turns_end_asked: Cell<bool>,
    /// When it runs at the latest, while turns follow each other so fast that several can share it.
    turns_end_by: Cell<Tick>,
}

/// One thread's executor. Clones name the same core.
#[derive(Clone)]
pub struct Core(pub(super) Rc<Inner>);

impl Core {
    /// A core on the kernel. Must be made on the thread that runs it.
    ///
    /// # Errors
    /// `Uring` where the kernel refuses it, or no descriptors left.
    pub fn new(mode: IoMode) -> io::Result<Core> {
        Core::with_buffers(mode, super::buffer::CHUNK_SIZE)
    }

    /// The same with receive buffers of so many bytes.
    ///
    /// # Errors
    /// As `new`.
    pub fn with_buffers(mode: IoMode, bytes: usize) -> io::Result<Core> {
        let bell = super::ring::bell()?;
        let mailbox = Arc::new(Mailbox::with_bell(bell));
        let driver = super::ring::driver(mode, mailbox.bell(), super::buffer::Pool::with_size(bytes))?;
        Ok(Core::with_driver(driver, mailbox))
    }

    /// A core over any driver.
    #[must_use]
    pub fn with_driver(mut driver: Box<dyn Driver>, mailbox: Arc<Mailbox>) -> Core {
        let now = driver.now();
        Core(Rc::new(Inner {
            tasks: RefCell::default(),
            free_tasks: RefCell::default(),
            ready: RefCell::default(),
            current: Cell::new(TaskId::NONE),
            wake_at: Cell::new(NEVER),
            now: Cell::new(now),
            wheel: RefCell::new(Wheel::new(now)),
            slots: RefCell::default(),
            free_slots: RefCell::default(),
            driver: RefCell::new(driver),
            vecs: RefCell::default(),
            mailbox,
            live_tasks: Cell::new(0),
            stopped: Cell::new(false),
            turns: Cell::new(0),
            completions: RefCell::default(),
            due: RefCell::default(),
            turns_end: RefCell::default(),
            turns_end_asked: Cell::new(false),
            turns_end_by: Cell::new(NEVER),
        }))
    }

    /// The time of this turn.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Tick {
        self.0.now.get()
    }

    /// The running task.
    #[must_use]
    pub fn current(&self) -> TaskId {
        self.0.current.get()
    }

    /// Turns of the loop so far.
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.0.turns.get()
    }

    /// Tasks that have not ended.
    #[must_use]
    pub fn live_tasks(&self) -> usize {
        self.0.live_tasks.get()
    }

    /// Tasks that are to run now.
    #[must_use]
    pub fn ready_tasks(&self) -> usize {
        self.0.ready.borrow().len()
    }

    /// Streams and listeners that are open, or whose last operations have not ended.
    #[must_use]
    pub fn open_slots(&self) -> usize {
        self.0.slots.borrow().len() - self.0.free_slots.borrow().len()
    }

    /// The driver's name.
    #[must_use]
    pub fn driver_name(&self) -> &'static str {
        self.0.driver.borrow().name()
    }

    /// The receive buffers.
    #[must_use]
    pub fn pool(&self) -> Rc<Pool> {
        self.0.driver.borrow().pool().clone()
    }

    /// Sends letters to this core from other threads.
    #[must_use]
    pub fn notifier(&self) -> Notifier {
        Notifier(self.0.mailbox.clone())
    }

    /// An empty vector from the free list, for [`OutBuf::Vec`].
    #[must_use]
    pub fn take_vec(&self) -> Vec<u8> {
        self.0.vecs.borrow_mut().pop().unwrap_or_default()
    }

    /// Gives a buffer back.
    pub fn give_back(&self, buf: OutBuf) {
        if let OutBuf::Vec(mut v) = buf {
            let mut vecs = self.0.vecs.borrow_mut();
            if vecs.len() < KEEP_VECS && v.capacity() <= KEEP_VEC_BYTES {
                v.clear();
                vecs.push(v);
            }
        }
    }

    /// Starts a task; it is polled first in this turn.
    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) -> TaskId {
        let future: BoxedTask = Box::pin(future);
        let mut tasks = self.0.tasks.borrow_mut();
        let index = match self.0.free_tasks.borrow_mut().pop() {
            Some(index) => index,
            None => {
                tasks.push(Task { generation: 0, future: None, queued: false, armed: NEVER, wanted: NEVER });
                tasks.len() as u32 - 1
            }
        };
        let task = &mut tasks[index as usize];
        task.future = Some(future);
        task.queued = true;
        (task.armed, task.wanted) = (NEVER, NEVER);
        self.0.ready.borrow_mut().push_back(index);
        self.0.live_tasks.set(self.0.live_tasks.get() + 1);
        TaskId { index, generation: task.generation }
    }

    /// Makes a task ready; nothing happens when it has ended.
    #[inline]
    pub fn wake(&self, id: TaskId) {
        let mut tasks = self.0.tasks.borrow_mut();
        if let Some(task) = tasks.get_mut(id.index as usize)
            && task.generation == id.generation
            && !task.queued
        {
            task.queued = true;
            self.0.ready.borrow_mut().push_back(id.index);
        }
    }

    /// When a task asked to be woken at the latest; `None` when it waits without a limit, or has ended.
    #[must_use]
    pub fn wakes_at(&self, id: TaskId) -> Option<Tick> {
        let tasks = self.0.tasks.borrow();
        let task = tasks.get(id.index as usize).filter(|t| t.generation == id.generation)?;
        (task.wanted < NEVER).then_some(task.wanted)
    }

    /// Makes every task ready: each looks again at what it waits for.
    pub fn wake_all(&self) {
        let ids: Vec<TaskId> = {
            let tasks = self.0.tasks.borrow();
            let live = tasks.iter().enumerate().filter(|(_, t)| t.future.is_some());
            live.map(|(i, t)| TaskId { index: i as u32, generation: t.generation }).collect()
        };
        for id in ids {
            self.wake(id);
        }
    }

    /// The running task wants to be polled again at `at` at the latest; holds until its next poll.
    #[inline]
    pub fn wake_at(&self, at: Tick) {
        if at < self.0.wake_at.get() {
            self.0.wake_at.set(at);
        }
    }

    /// Ends [`Core::run`] after this turn.
    pub fn stop(&self) {
        self.0.stopped.set(true);
    }

    /// Runs until [`Core::stop`] or until no task is left.
    pub fn run(&self) {
        while !self.0.stopped.get() && self.0.live_tasks.get() > 0 {
            self.turn(None);
        }
        // What was started last (closing a listener) still has to reach the kernel.
        self.turn(Some(Tick::ZERO));
        self.run_turns_end();
    }

    /// Runs until `future` is done, beside all other tasks.
    pub fn block_on<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T {
        let result = Rc::new(RefCell::new(None));
        let slot = result.clone();
        self.spawn(async move {
            let value = future.await;
            *slot.borrow_mut() = Some(value);
        });
        loop {
            if let Some(value) = result.borrow_mut().take() {
                return value;
            }
            self.turn(None);
        }
    }

    /// One turn: what completes until `until` at the latest (without a wait where tasks are ready), letters, timers, and
    /// the tasks that these made ready.
    pub fn turn(&self, until: Option<Tick>) {
        self.0.turns.set(self.0.turns.get() + 1);
        let idle = self.0.ready.borrow().is_empty() && !self.0.mailbox.has_letters();
        let deadline = if idle && !self.0.stopped.get() {
            let deadline = match (self.0.wheel.borrow().next(), until) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            match self.0.turns_end_by.get() {
                NEVER => deadline,
                by => Some(deadline.map_or(by, |at| at.min(by))),
            }
        } else {
            Some(Tick::ZERO)
        };
        let before = self.now();
        let mut done = std::mem::take(&mut *self.0.completions.borrow_mut());
        {
            let mut driver = self.0.driver.borrow_mut();
            driver.turn(deadline, &mut done);
            self.0.now.set(driver.now());
        }
        for completion in done.drain(..) {
            self.complete(completion);
        }
        *self.0.completions.borrow_mut() = done;
        if self.0.mailbox.has_letters() {
            self.read_letters();
        }
        self.run_timers();
        self.run_ready();
        if self.0.turns_end_asked.get() {
            self.end_turn(before);
        }
    }

    /// Runs what was asked for, at once or, where turns follow each other fast, a moment later for several of them.
    fn end_turn(&self, before: Tick) {
        let (now, by) = (self.now(), self.0.turns_end_by.get());
        if now.since(before) < BUSY && now < by && !self.0.stopped.get() {
            if by == NEVER {
                self.0.turns_end_by.set(now + SHARED);
            }
            return;
        }
        self.run_turns_end();
    }

    fn run_turns_end(&self) {
        self.0.turns_end_by.set(NEVER);
        if self.0.turns_end_asked.replace(false)
            && let Some(f) = &*self.0.turns_end.borrow()
        {
            f();
        }
    }

    /// Sets what runs at the end of a turn, before the core may sleep, when somebody has asked for it in the turn. On a core
    /// that is busy it may run for all turns of a millisecond together.
    pub fn at_turns_end(&self, f: impl Fn() + 'static) {
        *self.0.turns_end.borrow_mut() = Some(Box::new(f));
    }

    /// Asks for it.
    #[inline]
    pub fn ask_turns_end(&self) {
        self.0.turns_end_asked.set(true);
    }

    /// Whether a turn would find something to do without waiting.
    #[must_use]
    pub fn has_ready(&self) -> bool {
        !self.0.ready.borrow().is_empty() || self.0.mailbox.has_letters()
    }

    /// The next time at which a timer is due.
    #[must_use]
    pub fn next_timer(&self) -> Option<Tick> {
        self.0.wheel.borrow().next()
    }

    fn read_letters(&self) {
        for letter in self.0.mailbox.take() {
            match letter {
                Letter::Wake(task) => self.wake(task),
                Letter::Call(f) => f(self),
            }
        }
    }

    /// Polls the tasks that are ready now; those they make ready wait for the next turn.
    fn run_ready(&self) {
        let count = self.0.ready.borrow().len();
        for _ in 0..count {
            let Some(index) = self.0.ready.borrow_mut().pop_front() else { break };
            self.poll_task(index);
        }
    }

    fn poll_task(&self, index: u32) {
        let (mut future, id) = {
            let mut tasks = self.0.tasks.borrow_mut();
            let task = &mut tasks[index as usize];
            task.queued = false;
            let Some(future) = task.future.take() else { return };
            (future, TaskId { index, generation: task.generation })
        };
        self.0.current.set(id);
        self.0.wake_at.set(NEVER);
        let mut cx = Context::from_waker(Waker::noop());
        let polled = future.as_mut().poll(&mut cx);
        if polled.is_ready() {
            // Dropped while `current` still names the task, before its slot can be used again.
            drop(future);
            let mut tasks = self.0.tasks.borrow_mut();
            let task = &mut tasks[index as usize];
            task.generation = task.generation.wrapping_add(1);
            // A wake-up that the task gave itself before it ended must not reach its successor.
            if !task.queued {
                self.0.free_tasks.borrow_mut().push(index);
            } else {
                self.0.ready.borrow_mut().retain(|&i| i != index);
                task.queued = false;
                self.0.free_tasks.borrow_mut().push(index);
            }
            self.0.live_tasks.set(self.0.live_tasks.get() - 1);
        } else {
            let mut tasks = self.0.tasks.borrow_mut();
            let task = &mut tasks[index as usize];
            task.future = Some(future);
            task.wanted = self.0.wake_at.get();
            if task.wanted < task.armed {
                task.armed = task.wanted;
                self.0.wheel.borrow_mut().insert(Entry { task: id, at: task.wanted });
            }
        }
        self.0.current.set(TaskId::NONE);
    }

    fn run_timers(&self) {
        let now = self.now();
        if self.0.wheel.borrow().next().is_none_or(|at| at > now) {
            return;
        }
        let mut due = std::mem::take(&mut *self.0.due.borrow_mut());
        self.0.wheel.borrow_mut().advance(now, &mut due);
        for entry in due.drain(..) {
            let mut tasks = self.0.tasks.borrow_mut();
            let task = &mut tasks[entry.task.index as usize];
            if task.generation != entry.task.generation || task.armed != entry.at {
                continue;
            }
            task.armed = NEVER;
            if task.wanted <= now {
                drop(tasks);
                self.wake(entry.task);
            } else if task.wanted < NEVER {
                task.armed = task.wanted;
                self.0.wheel.borrow_mut().insert(Entry { task: entry.task, at: task.wanted });
            }
        }
        *self.0.due.borrow_mut() = due;
    }

    /// Connects. The stream is there at once and owns the attempt; [`super::Stream::connected`] waits for its end.
    ///
    /// # Errors
    /// No socket could be had, or the source address is not ours.
    pub fn connect(&self, to: &ConnectTo, options: &ConnectOptions) -> io::Result<super::Stream> {
        let stream = self.insert(Slot::Stream(Box::new(StreamState::new(super::stream::Connect::Pending))));
        let mut slots = self.0.slots.borrow_mut();
        let state = slots[stream.key().slot as usize].stream_mut().expect("just inserted");
        let made = self.0.driver.borrow_mut().connect(stream.key(), &mut state.driver, to, options);
        if let Err(e) = made {
            state.driver.fd = super::stream::NO_FD;
            drop(slots);
            return Err(e);
        }
        Ok(stream)
    }

    /// Ends every connected stream with this label, as if its peer had broken it. Looks at all streams: for an operator's
    /// command.
    pub fn cut(&self, label: u32) {
        let waiting: Vec<TaskId> = {
            let mut slots = self.0.slots.borrow_mut();
            let streams = slots.iter_mut().filter_map(Slot::stream_mut);
            streams.filter(|s| s.is_labelled(label)).filter_map(StreamState::cut).flatten().collect()
        };
        waiting.into_iter().for_each(|task| self.wake(task));
    }

    /// Takes in a connected socket, or any descriptor that can be received from and sent to.
    ///
    /// # Errors
    /// The driver cannot watch it.
    pub fn adopt(&self, fd: OwnedFd) -> io::Result<super::Stream> {
        self.adopt_raw(fd.into_raw_fd(), false)
    }

    pub(super) fn adopt_raw(&self, fd: RawFd, accepted: bool) -> io::Result<super::Stream> {
        let stream = self.insert(Slot::Stream(Box::new(StreamState::new(super::stream::Connect::Done))));
        let mut slots = self.0.slots.borrow_mut();
        let state = slots[stream.key().slot as usize].stream_mut().expect("just inserted");
        state.driver.fd = fd;
        state.driver.once = accepted;
        let registered = self.0.driver.borrow_mut().register(stream.key(), &mut state.driver, accepted);
        drop(slots);
        registered.map(|()| stream)
    }

    /// Listens on a socket that is already bound and listening.
    ///
    /// # Errors
    /// The driver cannot watch it.
    pub fn listen(&self, fd: OwnedFd) -> io::Result<super::Listener> {
        self.listen_raw(fd.into_raw_fd())
    }

    pub(super) fn listen_raw(&self, fd: RawFd) -> io::Result<super::Listener> {
        let mut state = ListenerState::default();
        state.driver.fd = fd;
        let stream = self.insert(Slot::Listener(Box::new(state)));
        let mut slots = self.0.slots.borrow_mut();
        let state = slots[stream.key().slot as usize].listener_mut().expect("just inserted");
        let registered = self.0.driver.borrow_mut().register(stream.key(), &mut state.driver, false);
        drop(slots);
        registered.map(|()| super::Listener(stream))
    }

    fn insert(&self, slot: Slot) -> super::Stream {
        let mut slots = self.0.slots.borrow_mut();
        let key = match self.0.free_slots.borrow_mut().pop() {
            Some(index) => {
                let Slot::Free { generation } = slots[index as usize] else {
                    unreachable!("a free slot is free")
                };
                slots[index as usize] = slot;
                Key { slot: index, generation }
            }
            None => {
                slots.push(slot);
                Key { slot: slots.len() as u32 - 1, generation: 0 }
            }
        };
        slots[key.slot as usize].set_generation(key.generation);
        super::Stream::new(self.clone(), key)
    }
}
