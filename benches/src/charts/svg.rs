use std::fmt::Write;

/// A colour for each column of the catalog.
pub const COLOURS: [&str; 10] =
    ["#d1495b", "#444444", "#2e86ab", "#3a9d5d", "#8e6bbf", "#b59ad6", "#c77d26", "#e0ac6b", "#5f7a8a", "#8a8a3c"];

/// A picture of panels, laid out in rows.
pub struct Svg {
    text: String,
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Svg {
        let mut text = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" ");
        text += "font-family=\"sans-serif\" font-size=\"11\">\n";
        text += "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
        Svg { text }
    }

    pub fn text(&mut self, (x, y): (f64, f64), anchor: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.add(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"));
    }

    pub fn title(&mut self, (x, y): (f64, f64), text: &str) {
        self.add(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" font-weight=\"bold\">{text}</text>"));
    }

    pub fn bar(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str) {
        let size = format!("width=\"{width:.1}\" height=\"{height:.1}\"");
        self.add(format_args!("<rect x=\"{x:.1}\" y=\"{y:.1}\" {size} fill=\"{colour}\"/>"));
    }

    pub fn line(&mut self, points: &[(f64, f64)], colour: &str, width: f64) {
        let points: String = points.iter().map(|(x, y)| format!("{x:.1},{y:.1} ")).collect();
        let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"");
        self.add(format_args!("<polyline points=\"{}\" {style}/>", points.trim_end()));
    }

    pub fn finish(self) -> String {
        self.text + "</svg>\n"
    }

    fn add(&mut self, element: std::fmt::Arguments) {
        writeln!(self.text, "{element}").expect("a string takes all");
    }
}
