//! Pictures of the results, as SVG.

mod bars;
mod lines;
mod svg;

pub use bars::bars;
pub use lines::lines;
