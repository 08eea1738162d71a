use std::collections::{BTreeMap, HashMap, VecDeque};

use url::{Origin, Url};

/// The jobs that nobody has begun, by their place in the list. They are taken in its order, but for those whose host has no
/// room: one that is slow holds up no other.
pub struct Agenda {
    /// What is left of each host, under the first of it.
    hosts: BTreeMap<usize, Host>,
}

struct Host {
    /// None if its only job has no URL that can be fetched, and so needs no room.
    any: Option<Url>,
    jobs: VecDeque<usize>,
}

impl Agenda {
    pub fn new(urls: impl Iterator<Item = Option<Url>>) -> Agenda {
        let mut hosts = BTreeMap::<usize, Host>::new();
        let mut firsts = HashMap::<Origin, usize>::new();
        for (job, url) in urls.enumerate() {
            let first = url.as_ref().map_or(job, |url| *firsts.entry(url.origin()).or_insert(job));
            hosts.entry(first).or_insert_with(|| Host { any: url, jobs: VecDeque::new() }).jobs.push_back(job);
        }
        Agenda { hosts }
    }

    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// The first job whose host has room for it. As each host without room has a job under way, few are asked.
    pub fn take(&mut self, has_room: impl Fn(&Url) -> bool) -> Option<usize> {
        let mut hosts = self.hosts.iter();
        let (&first, _) = hosts.find(|(_, host)| host.any.as_ref().is_none_or(&has_room))?;
        let mut host = self.hosts.remove(&first)?;
        let job = host.jobs.pop_front();
        if let Some(&next) = host.jobs.front() {
            self.hosts.insert(next, host);
        }
        job
    }
}
