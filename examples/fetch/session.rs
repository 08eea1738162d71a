use std::cell::RefCell;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::time::Instant;

use futures::future::select;
use tokio::sync::Notify;

use crate::agenda::Agenda;
use crate::client::{self, Client};
use crate::download::{Trace, download};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::names::Names;
use crate::options::Options;
use crate::outcome::Outcome;
use crate::progress::Progress;

/// A URL to fetch, and what is to become of it.
#[derive(Debug)]
pub struct Job {
    pub url: String,
    pub plan: Plan,
}

#[derive(Clone, Copy, Debug)]
pub enum Plan {
    Succeed,
    /// Succeed, with so many bytes.
    Bring(u64),
    /// Fail, with a failure of this kind.
    Fail(&'static str),
}

impl From<String> for Job {
    fn from(url: String) -> Job {
        Job { url, plan: Plan::Succeed }
    }
}

/// All downloads of a run. Its workers are tasks of one thread, which share it without locks.
pub struct Session {
    jobs: Vec<Job>,
    /// Where to write what a job brings: decided beforehand, so that it does not depend on who is faster.
    paths: Vec<Option<PathBuf>>,
    options: Options,
    client: Client,
    progress: Progress,
    interrupt: Interrupt,
    start: Instant,
    agenda: RefCell<Agenda>,
    /// Tells a worker that a job has ended, or all that none is left.
    ended: Notify,
    outcomes: RefCell<Vec<Option<Outcome>>>,
}

impl Session {
    pub fn new(jobs: Vec<Job>, options: Options, client: Client, progress: Progress, interrupt: Interrupt) -> Session {
        Session {
            paths: paths(&jobs, &options),
            agenda: RefCell::new(Agenda::new(jobs.iter().map(|job| client::parse(&job.url).ok()))),
            ended: Notify::new(),
            outcomes: RefCell::new(jobs.iter().map(|_| None).collect()),
            jobs,
            options,
            client,
            progress,
            interrupt,
            start: Instant::now(),
        }
    }

    /// Does all jobs, as many at once as the options allow, and gives the outcomes in the order of the jobs. After an
    /// interrupt it begins none.
    pub async fn run(self: Rc<Self>) -> Vec<Outcome> {
        let ticker = self.progress.ticker().map(epore::spawn);
        let count = self.options.concurrency.min(self.jobs.len());
        let workers: Vec<_> = (0..count).map(|_| epore::spawn(Rc::clone(&self).work())).collect();
        for worker in workers {
            worker.await.expect("nobody aborts a worker");
        }
        if let Some(ticker) = ticker {
            ticker.abort();
        }
        self.progress.finish();
        let outcomes = self.outcomes.take().into_iter().zip(&self.jobs);
        outcomes.map(|(outcome, job)| outcome.unwrap_or_else(|| self.not_begun(job))).collect()
    }

    /// Takes one job after another until there are none, or the interrupt comes.
    async fn work(self: Rc<Self>) {
        while let Some(index) = self.next().await {
            let outcome = self.fetch(&self.jobs[index], index).await;
            self.outcomes.borrow_mut()[index] = Some(outcome);
            self.ended.notify_one();
        }
        self.ended.notify_waiters();
    }

    /// The next job whose host has room. While no host has, it waits.
    async fn next(&self) -> Option<usize> {
        while self.interrupt.signal().is_none() && !self.agenda.borrow().is_empty() {
            let job = self.agenda.borrow_mut().take(|url| self.client.has_room(url));
            if job.is_some() {
                return job;
            }
            self.interrupt.limit(select(pin!(self.ended.notified()), pin!(self.client.came_to_share()))).await;
        }
        None
    }

    async fn fetch(&self, job: &Job, index: usize) -> Outcome {
        let start = self.start.elapsed();
        let bar = self.progress.begin(&job.url);
        let path = self.paths[index].as_deref();
        let (trace, tries, result) = match client::parse(&job.url) {
            Ok(url) => download(&self.client, &url, path, &self.options, &bar, &self.interrupt).await,
            Err(failure) => (Trace::default(), 0, Err(failure)),
        };
        let outcome = Outcome {
            url: job.url.clone(),
            plan: job.plan,
            start,
            first_byte: trace.first_byte.map(|instant| instant - self.start),
            end: self.start.elapsed(),
            tries,
            trace,
            file: self.paths[index].clone().filter(|_| result.is_ok()),
            failure: result.err(),
        };
        drop(bar);
        self.progress.end(&outcome);
        outcome
    }

    fn not_begun(&self, job: &Job) -> Outcome {
        let now = self.start.elapsed();
        Outcome {
            url: job.url.clone(),
            plan: job.plan,
            start: now,
            first_byte: None,
            end: now,
            tries: 0,
            trace: Trace::default(),
            file: None,
            failure: Some(Failure::NotBegun),
        }
    }
}

fn paths(jobs: &[Job], options: &Options) -> Vec<Option<PathBuf>> {
    let mut names = Names::default();
    let path = |job: &Job| Some(options.output.as_ref()?.join(names.assign(&client::parse(&job.url).ok()?)));
    jobs.iter().map(path).collect()
}
