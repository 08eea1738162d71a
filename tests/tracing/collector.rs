//! A subscriber for the whole process, by which each test collects what its own threads are told.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

pub type Fields = BTreeMap<String, String>;

/// What a test is told: a line for each call of the subscriber, in which spans are numbered from 1.
pub struct Collector {
    lines: Mutex<Vec<String>>,
    fields: Mutex<Vec<Fields>>,
    /// Called with each line, within the subscriber.
    react: Box<dyn Fn(&str) + Send + Sync>,
}

thread_local! {
    static COLLECTOR: RefCell<Option<Arc<Collector>>> = const { RefCell::new(None) };
}

/// What is told while `f` runs.
pub fn told(f: impl FnOnce()) -> Vec<String> {
    let collector = Collector::new(|_| ());
    collector.watch(f);
    collector.lines()
}

impl Collector {
    pub fn new(react: impl Fn(&str) + Send + Sync + 'static) -> Arc<Collector> {
        static GLOBAL: Once = Once::new();
        GLOBAL.call_once(|| tracing::subscriber::set_global_default(Router::default()).expect("there is no other"));
        Arc::new(Collector { lines: Mutex::default(), fields: Mutex::default(), react: Box::new(react) })
    }

    /// Collects what this thread is told while `f` runs.
    pub fn watch<R>(self: &Arc<Self>, f: impl FnOnce() -> R) -> R {
        let former = COLLECTOR.replace(Some(Arc::clone(self)));
        let result = f();
        COLLECTOR.set(former);
        result
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// The fields of a span, and its name, target, level and parent.
    pub fn fields(&self, span: usize) -> Fields {
        self.fields.lock().unwrap()[span - 1].clone()
    }

    fn note(&self, line: String) {
        self.lines.lock().unwrap().push(line.clone());
        (self.react)(&line);
    }
}

/// Passes each call on to the collector of the thread; what is about a span, to the one that saw it begin.
#[derive(Default)]
struct Router {
    last: AtomicU64,
    spans: Mutex<BTreeMap<u64, (Arc<Collector>, usize)>>,
}

impl Router {
    fn note(&self, what: &str, id: &Id) {
        let span = self.spans.lock().unwrap().get(&id.into_u64()).cloned();
        if let Some((collector, number)) = span {
            collector.note(format!("{what} {number}"));
        }
    }
}

impl Subscriber for Router {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.last.fetch_add(1, Relaxed) + 1;
        if let Some(collector) = COLLECTOR.with_borrow(Clone::clone) {
            let mut fields = Visitor::default();
            span.record(&mut fields);
            let metadata = span.metadata();
            let about =
                [("name", metadata.name()), ("target", metadata.target()), ("level", metadata.level().as_str())];
            fields.0.extend(about.map(|(name, value)| (name.to_owned(), value.to_owned())));
            fields.0.insert("is_root".to_owned(), span.is_root().to_string());
            let line = fields.0["kind"].clone();
            let number = {
                let mut all = collector.fields.lock().unwrap();
                all.push(fields.0);
                all.len()
            };
            self.spans.lock().unwrap().insert(id, (Arc::clone(&collector), number));
            collector.note(format!("new {number} {line}"));
        }
        Id::from_u64(id)
    }

    fn event(&self, event: &Event<'_>) {
        let Some(collector) = COLLECTOR.with_borrow(Clone::clone) else { return };
        let mut fields = Visitor::default();
        event.record(&mut fields);
        let task = fields.0.get("task.id").map(|id| {
            let spans = self.spans.lock().unwrap();
            spans
                .get(&id.parse().unwrap())
                .map_or_else(|| format!(" stranger {id}"), |(_, number)| format!(" {number}"))
        });
        let line = format!("{} {}{}", event.metadata().target(), fields.0["op"], task.unwrap_or_default());
        collector.note(line);
    }

    fn enter(&self, id: &Id) {
        self.note("enter", id);
    }

    fn exit(&self, id: &Id) {
        self.note("exit", id);
    }

    fn try_close(&self, id: Id) -> bool {
        self.note("close", &id);
        self.spans.lock().unwrap().remove(&id.into_u64());
        true
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}
}

#[derive(Default)]
struct Visitor(Fields);

impl Visit for Visitor {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}
