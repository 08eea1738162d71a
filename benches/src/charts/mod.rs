//! Pictures of the results, as SVG.

mod axis;
mod bars;
mod dots;
mod lines;
mod svg;

pub use bars::bars;
pub use dots::Dots;
pub use lines::lines;
