#![forbid(unsafe_code)]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::blocking::Pool;
use super::clock::Clock;
use super::core::Core;
use super::failure::failed;
use super::net_settings::NetSettings;
use super::resolver::Resolver;
use super::runtime::Runtime;
use super::wait_settings::WaitSettings;
use crate::reactor::TimerSlack;

/// Enough for a hundred stuck name look-ups beside real work, and far from what a process may have.
const MAX_BLOCKING_THREADS: usize = 512;

/// Long enough to outlive a pause between bursts, short enough that an idle program holds no threads.
const BLOCKING_KEEP_ALIVE: Duration = Duration::from_secs(10);

/// RFC 8305, section 5: connection attempts must not follow each other any faster, or they congest a network that loses
/// packets.
const MIN_CONNECT_ATTEMPT_DELAY: Duration = Duration::from_millis(10);

/// Makes a [`Runtime`] with other than the default settings.
///
/// ```
/// let runtime = epore::Builder::new().max_blocking_threads(4).build()?;
/// assert_eq!(runtime.block_on(async { 6 * 7 }), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    max_blocking_threads: usize,
    blocking_keep_alive: Duration,
    start_paused: bool,
    auto_advance: bool,
    net: NetSettings,
    wait: WaitSettings,
}

impl Builder {
    /// The default settings.
    ///
    /// ```
    /// let runtime = epore::Builder::new().build()?;
    /// assert_eq!(runtime.block_on(async { 6 * 7 }), 42);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new() -> Builder {
        Builder {
            max_blocking_threads: MAX_BLOCKING_THREADS,
            blocking_keep_alive: BLOCKING_KEEP_ALIVE,
            start_paused: false,
            auto_advance: false,
            net: NetSettings::default(),
            wait: WaitSettings::default(),
        }
    }

    /// How many threads [`spawn_blocking`](crate::spawn_blocking) and name look-ups may use at once: 512 by default.
    /// What comes while all are busy waits for one.
    ///
    /// ```
    /// let runtime = epore::Builder::new().max_blocking_threads(1).build()?;
    /// runtime.block_on(async {
    ///     let [one, other] = [(); 2].map(|()| epore::spawn_blocking(|| std::thread::current().id()));
    ///     assert_eq!(one.await.unwrap(), other.await.unwrap());
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn max_blocking_threads(mut self, threads: usize) -> Builder {
        self.max_blocking_threads = threads;
        self
    }

    /// How long such a thread waits for work before it ends: 10 seconds by default. Any duration works.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let runtime = epore::Builder::new().blocking_keep_alive(Duration::from_secs(60)).build()?;
    /// assert_eq!(runtime.block_on(async { epore::spawn_blocking(|| 42).await.unwrap() }), 42);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn blocking_keep_alive(mut self, duration: Duration) -> Builder {
        self.blocking_keep_alive = duration;
        self
    }

    /// Whether the runtime begins with its clock paused, for tests: it does not by default. See
    /// [`time::pause`](crate::time::pause).
    ///
    /// ```
    /// use epore::time::{Duration, advance, now, sleep};
    ///
    /// let runtime = epore::Builder::new().start_paused(true).build()?;
    /// runtime.block_on(async {
    ///     let start = now();
    ///     let day = epore::spawn(sleep(Duration::from_secs(24 * 60 * 60)));
    ///     advance(Duration::from_secs(24 * 60 * 60)).await;
    ///     assert!(day.is_finished());
    ///     assert_eq!(now() - start, Duration::from_secs(24 * 60 * 60));
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn start_paused(mut self, paused: bool) -> Builder {
        self.start_paused = paused;
        self
    }

    /// Whether a paused clock moves by itself when the runtime has nothing left to wait for but time: it does not by
    /// default. See [`time::auto_advance`](crate::time::auto_advance), which changes it later.
    ///
    /// ```
    /// use epore::time::{Duration, now, sleep};
    ///
    /// let runtime = epore::Builder::new().start_paused(true).auto_advance(true).build()?;
    /// runtime.block_on(async {
    ///     let (start, day) = (now(), Duration::from_secs(24 * 60 * 60));
    ///     sleep(day).await;
    ///     assert_eq!(now(), start + day);
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn auto_advance(mut self, auto_advance: bool) -> Builder {
        self.auto_advance = auto_advance;
        self
    }

    /// How late timers may be so that the kernel can wake the thread for several at once: by default as the thread has it,
    /// which is 50 microseconds unless somebody has changed it.
    ///
    /// It is the timer slack of prctl(2), in nanoseconds, and belongs to the thread: it is set for as long as the runtime is in
    /// [`block_on`](Runtime::block_on), and the former one put back. This costs three system calls for each `block_on`. The thread's
    /// other waits are as exact meanwhile, and threads and processes that are started then inherit it. Zero counts as a nanosecond,
    /// since the kernel takes 0 for "the default".
    ///
    /// Whatever the slack, the kernel ends a wait up to a thousandth of its length late, or 0.1 seconds if that is less. A runtime
    /// that was given no slack makes use of that where timers come close together: as long as all that are armed are for 62.5
    /// milliseconds or more, one wait ends several, each no later than a thousandth of its length, and 4 milliseconds at most. Given
    /// a slack, even one of 50 microseconds, it waits for each deadline.
    ///
    /// The slack has no effect on [`turn`](Runtime::turn), which does not wait: whoever waits for the runtime has a slack of their own.
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// let runtime = epore::Builder::new().timer_slack(Duration::ZERO).build()?;
    /// let before = Instant::now();
    /// runtime.block_on(epore::time::sleep(Duration::from_micros(100)));
    /// // Likely no more than 120 microseconds, instead of 170. Never early in any case.
    /// assert!(before.elapsed() >= Duration::from_micros(100));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn timer_slack(mut self, slack: Duration) -> Builder {
        self.wait.timer_slack = Some(slack);
        self
    }

    /// How long the runtime goes on looking for something to do before its thread sleeps: not at all by default.
    ///
    /// To be woken from sleep takes the system several microseconds, and on a virtual machine more: often most of the time of a
    /// round trip. A thread that spins is not woken, and what other threads send costs them no system call either. In exchange it keeps a
    /// processor busy for so long whenever it runs out of work. It is worth it where the answer mostly comes within that time and
    /// the processor has nothing else to do; if the peer needs the same processor, it makes everything slower, so measure it where
    /// it is to run. Timers that end while it spins are no later than the look takes, which is a system call.
    ///
    /// It has no effect on [`turn`](Runtime::turn), which does not wait, nor while a paused clock
    /// [moves by itself](Builder::auto_advance).
    ///
    /// ```
    /// # use std::time::Duration;
    /// use epore::net::{TcpListener, TcpStream};
    ///
    /// let runtime = epore::Builder::new().spin_before_park(Duration::from_micros(50)).build()?;
    /// runtime.block_on(async {
    ///     let listener = TcpListener::bind("127.0.0.1:0").await?;
    ///     let client = TcpStream::connect(listener.local_addr()?).await?;
    ///     client.write_all(b"ping").await?;
    ///     let (server, _) = listener.accept().await?;
    ///     let mut message = [0; 4];
    ///     server.read_exact(&mut message).await?;
    ///     assert_eq!(&message, b"ping");
    ///     Ok::<(), std::io::Error>(())
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn spin_before_park(mut self, duration: Duration) -> Builder {
        self.wait.spin_before_park = duration;
        self
    }

    /// How long [`TcpStream::connect`](crate::net::TcpStream::connect) waits for an address to answer before it tries the
    /// next one beside it: 250 milliseconds by default.
    ///
    /// RFC 8305, section 5, allows no less than 10 milliseconds, and recommends from 100 milliseconds to 2 seconds. A longer
    /// delay burdens nobody else, so there is no maximum: [`Duration::MAX`] lets each address fail before the next is tried.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use epore::Builder;
    ///
    /// let patient = Builder::new().connect_attempt_delay(Duration::from_secs(2)).build();
    /// assert!(patient.is_ok());
    /// let hasty = Builder::new().connect_attempt_delay(Duration::from_millis(1)).build();
    /// assert_eq!(hasty.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
    /// ```
    pub fn connect_attempt_delay(mut self, delay: Duration) -> Builder {
        self.net.connect_attempt_delay = delay;
        self
    }

    /// Looks names up by `resolve` instead of the system, wherever the runtime is asked for a host and a port: in
    /// [`lookup_host`](crate::net::lookup_host), and when sockets connect or bind. Addresses that are literal never get to
    /// it.
    ///
    /// Its future is polled by the task that asks, and dropped with it. It may use the runtime: sleep, talk to a name
    /// server by its literal address, or leave what it does not know to
    /// [`system_resolver`](crate::net::system_resolver).
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use std::net::Ipv4Addr;
    /// use epore::net::{lookup_host, system_resolver};
    ///
    /// let hosts = HashMap::from([("database".to_owned(), Ipv4Addr::new(10, 0, 0, 7))]);
    /// let resolve = move |host: String, port| {
    ///     let known = hosts.get(&host).copied();
    ///     async move {
    ///         match known {
    ///             Some(ip) => Ok(vec![(ip, port).into()]),
    ///             None => system_resolver(host, port).await,
    ///         }
    ///     }
    /// };
    /// let runtime = epore::Builder::new().resolver(resolve).build()?;
    /// runtime.block_on(async {
    ///     let mut addrs = lookup_host("database:5432").await?;
    ///     assert_eq!(addrs.next(), Some(([10, 0, 0, 7], 5432).into()));
    ///     Ok::<(), std::io::Error>(())
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `resolve` go to whoever asked for the host: they keep their kind, and have the host added. An answer
    /// without any address becomes [`NotFound`](io::ErrorKind::NotFound).
    pub fn resolver<F, A>(mut self, resolve: F) -> Builder
    where
        F: Fn(String, u16) -> A + Send + Sync + 'static,
        A: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        self.net.resolver = Some(Resolver::new(resolve));
        self
    }

    /// Makes the runtime, which opens two descriptors and starts no thread.
    ///
    /// ```
    /// let runtime = epore::Builder::new().build()?;
    /// assert_eq!(runtime.block_on(async { 42 }), 42);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if no blocking thread is allowed, or connection attempts may follow
    /// each other within less than 10 milliseconds; an error that says so if 4,096 runtimes are alive in the process;
    /// otherwise those of epoll_create1(2) and eventfd(2), and those of prctl(2) if a timer slack is given.
    pub fn build(self) -> io::Result<Runtime> {
        self.check()?;
        self.make()
    }

    fn check(&self) -> io::Result<()> {
        if self.max_blocking_threads == 0 {
            let message = "max_blocking_threads is 0, but name look-ups need at least one";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        if self.net.connect_attempt_delay < MIN_CONNECT_ATTEMPT_DELAY {
            let delay = self.net.connect_attempt_delay;
            let message =
                format!("connect_attempt_delay is {delay:?}, but RFC 8305 allows no less than 10 milliseconds");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        if let Some(slack) = self.wait.timer_slack {
            drop(TimerSlack::set(slack).map_err(|error| failed("cannot set the timer slack", error))?);
        }
        Ok(())
    }

    /// The default settings need no check, and a program that has no others is spared what it takes to say what is wrong.
    pub(super) fn make(self) -> io::Result<Runtime> {
        let blocking = Pool::new(self.max_blocking_threads, self.blocking_keep_alive);
        let clock = Clock::new(self.start_paused, self.auto_advance);
        let core = Core::new(clock, blocking, self.net, self.wait);
        core.map(Runtime::from_core).map_err(|error| failed("cannot make a runtime", error))
    }
}

impl Default for Builder {
    fn default() -> Builder {
        Builder::new()
    }
}
