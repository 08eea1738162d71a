use std::fs;
use std::io;
use std::mem::{self, MaybeUninit};
use std::time::Duration;

/// The processor time that this process has used.
pub fn cpu_time() -> Duration {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: `time` is writable and of the right type.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, time.as_mut_ptr()) };
    assert_eq!(result, 0, "clock_gettime: {}", io::Error::last_os_error());
    // SAFETY: the call has filled it.
    let time = unsafe { time.assume_init() };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How many bytes of this process are in memory.
pub fn resident_bytes() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("/proc/self/statm is readable");
    let pages: u64 = statm.split(' ').nth(1).expect("a second field").parse().expect("a number");
    pages * 4096
}

/// Keeps the calling thread on one processor, if there is more than one.
pub fn pin(cpu: usize) {
    // SAFETY: a set of processors is a mask of bits, of which none set is valid.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: `cpu` is far below the size of the set.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    // SAFETY: the set is as long as is said. Failure leaves all processors, which is as good on a machine with one.
    unsafe { libc::sched_setaffinity(0, mem::size_of_val(&set), &set) };
}

/// Ends this process by a signal after so many seconds, so that what hangs does not hang for ever.
pub fn end_after(seconds: u32) {
    // SAFETY: no pointer is passed, and the signal has its default action.
    unsafe { libc::alarm(seconds) };
}

/// The processor time that children have used for which this process has waited.
pub fn children_cpu_time() -> Duration {
    let mut usage = MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: `usage` is writable and of the right type.
    let result = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) };
    assert_eq!(result, 0, "getrusage: {}", io::Error::last_os_error());
    // SAFETY: the call has filled it.
    let usage = unsafe { usage.assume_init() };
    let duration = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    duration(usage.ru_utime) + duration(usage.ru_stime)
}

/// Lets this process and its children have as many descriptors as they may. Returns how many that is.
pub fn descriptors() -> u64 {
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: `limit` is writable and of the right type.
    let result = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) };
    assert_eq!(result, 0, "getrlimit: {}", io::Error::last_os_error());
    // SAFETY: the call has filled it.
    let most = unsafe { limit.assume_init() }.rlim_max;
    // SAFETY: the limit is valid for the call. The soft limit may be raised to the hard one by anybody.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &libc::rlimit { rlim_cur: most, rlim_max: most }) };
    most
}
