//! What each runtime calls the same things.

#[cfg(feature = "compio")]
mod compio;
mod epore;
#[cfg(feature = "epox")]
mod epox;
#[cfg(feature = "glommio")]
mod glommio;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "monoio")]
mod monoio;
#[cfg(feature = "smol")]
mod smol;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "compio")]
pub use compio::{CompioEpoll, CompioUring};
pub use epore::Epore;
#[cfg(feature = "epox")]
pub use epox::Epox;
#[cfg(feature = "glommio")]
pub use glommio::Glommio;
#[cfg(feature = "monoio")]
pub use monoio::{MonoioEpoll, MonoioUring};
#[cfg(feature = "smol")]
pub use smol::Smol;
#[cfg(feature = "tokio")]
pub use tokio::{TokioLocalRuntime, TokioLocalSet, TokioSpawn};
