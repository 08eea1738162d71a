//! Networks of a test's own, which reach nobody.

use std::io;
use std::mem::zeroed;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::process::Command;

use crate::support::child::{is_child, rerun};
use crate::support::program;

/// Switches IPv6 off in the network that it is run in, and goes on as the program that is named.
const SWITCH_OFF: &str = r#"echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && exec "$0" "$@""#;

/// Runs `body` alone in a process, in a network that has nothing but 127.0.0.0/8. Where the system does not let anybody make
/// networks it is left out, with a word to the reader.
pub fn without_ipv6(test: &str, body: impl FnOnce()) {
    if is_child() {
        switch_loopback_on().expect("the network is ours");
        return body();
    }
    let Some(unshare) = program("unshare") else { return };
    let launcher = [unshare.to_str().unwrap(), "--user", "--map-root-user", "--net", "sh", "-c", SWITCH_OFF];
    let attempt = Command::new(launcher[0]).args(&launcher[1..]).arg("true").output().unwrap();
    if !attempt.status.success() {
        eprintln!("skipped: no network can be made here: {}", String::from_utf8_lossy(&attempt.stderr).trim_end());
        return;
    }
    let output = rerun(&launcher, test).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{test} in its own network: {}\n{out}\n{err}", output.status);
    assert!(out.contains("1 passed"), "there is no test `{test}`: {out}");
}

/// A new network begins with its loopback interface switched off.
fn switch_loopback_on() -> io::Result<()> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    // SAFETY: all zeros are a valid request.
    let mut request: libc::ifreq = unsafe { zeroed() };
    request.ifr_name[..2].copy_from_slice(&[b'l' as libc::c_char, b'o' as libc::c_char]);
    request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
    // SAFETY: the request is live, and its name ends with a zero.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
