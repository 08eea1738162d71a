//! How hyper is put upon the runtimes: Epore's streams are its own, tokio's take an adapter.

use hyper::rt::{Read, Write};

use super::Epore;
use crate::workloads::WithHyper;

impl WithHyper for Epore {
    fn io(stream: Self::Stream) -> impl Read + Write + Unpin + 'static {
        stream
    }
}

#[cfg(feature = "tokio")]
mod tokio {
    use hyper::rt::{Read, Write};
    use hyper_util::rt::TokioIo;

    use crate::runtimes::{TokioLocalRuntime, TokioLocalSet, TokioSpawn};
    use crate::workloads::WithHyper;

    macro_rules! with_hyper {
        ($($runtime:ty),*) => {
            $(impl WithHyper for $runtime {
                fn io(stream: Self::Stream) -> impl Read + Write + Unpin + 'static {
                    TokioIo::new(stream)
                }
            })*
        };
    }

    with_hyper!(TokioLocalRuntime, TokioLocalSet, TokioSpawn);
}
