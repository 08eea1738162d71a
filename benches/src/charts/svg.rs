use std::fmt::Write;

/// A colour for each column of the catalog, to be told from a white ground and from a dark one.
pub const COLOURS: [&str; 10] =
    ["#e5484d", "#8b949e", "#3b82f6", "#2fa36b", "#9b7ede", "#b59ad6", "#d98324", "#e0ac6b", "#5b9aa8", "#a3a33c"];

/// The ground, the ink and the rules, by day and by night: a picture has a ground of its own, so that it can be read on any
/// page.
const STYLE: &str = "<style>
.ground{fill:#fff}.ink{fill:#1f2328}.pale{fill:#59636e}.rule{stroke:#d1d9e0}.mark{stroke:#1f2328;stroke-width:2}
@media(prefers-color-scheme:dark){.ground{fill:#0d1117}.ink{fill:#e6edf3}.pale{fill:#9198a1}.rule{stroke:#3d444d}.mark{stroke:#e6edf3}}
</style>
";

/// A picture in the making.
pub struct Svg {
    text: String,
}

impl Svg {
    /// A picture of this size. The words say the same as the picture, for those who do not see it.
    pub fn new((width, height): (f64, f64), words: &str) -> Svg {
        let mut text =
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" ");
        text += "font-family=\"'DejaVu Sans',Verdana,sans-serif\" font-size=\"12\">\n";
        text += &format!("<title>{}</title>\n{STYLE}", escape(words));
        text += "<rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"6\"/>\n";
        Svg { text }
    }

    pub fn text(&mut self, (x, y): (f64, f64), anchor: &str, text: &str) {
        self.words((x, y), &format!("class=\"ink\" text-anchor=\"{anchor}\""), text);
    }

    /// What matters less.
    pub fn note(&mut self, (x, y): (f64, f64), anchor: &str, text: &str) {
        self.words((x, y), &format!("class=\"pale\" font-size=\"11\" text-anchor=\"{anchor}\""), text);
    }

    pub fn title(&mut self, (x, y): (f64, f64), text: &str) {
        self.words((x, y), "class=\"ink\" font-weight=\"bold\"", text);
    }

    pub fn bar(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str) {
        let size = format!("width=\"{width:.1}\" height=\"{height:.1}\"");
        self.add(format_args!("<rect x=\"{x:.1}\" y=\"{y:.1}\" {size} fill=\"{colour}\"/>"));
    }

    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, colour: &str) {
        self.add(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{colour}\"/>"));
    }

    /// A thin line that helps the eye. The class is `rule` or, for a stronger one, `mark`.
    pub fn rule(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let ends = format!("x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"");
        self.add(format_args!("<line class=\"{class}\" {ends}/>"));
    }

    pub fn line(&mut self, points: &[(f64, f64)], colour: &str, width: f64) {
        let points: String = points.iter().map(|(x, y)| format!("{x:.1},{y:.1} ")).collect();
        let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"");
        self.add(format_args!("<polyline points=\"{}\" {style}/>", points.trim_end()));
    }

    pub fn finish(self) -> String {
        self.text + "</svg>\n"
    }

    fn words(&mut self, (x, y): (f64, f64), style: &str, text: &str) {
        let text = escape(text);
        self.add(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" {style}>{text}</text>"));
    }

    fn add(&mut self, element: std::fmt::Arguments) {
        writeln!(self.text, "{element}").expect("a string takes all");
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
