/// What is shown as one: the best of its programs counts.
pub struct Column {
    pub name: &'static str,
    pub programs: &'static [&'static str],
    /// The crate whose version decides. The floor has none.
    pub package: Option<&'static str>,
}

/// All programs, in the order of the tables. The first two are what the others are compared with.
pub const COLUMNS: [Column; 10] = [
    column("Epore", &["epore"], Some("epore")),
    column("floor", &["floor"], None),
    column("tokio", &["tokio_spawn", "tokio_local_set", "tokio_local_runtime"], Some("tokio")),
    column("smol", &["smol"], Some("smol")),
    column("monoio epoll", &["monoio_epoll"], Some("monoio")),
    column("monoio uring", &["monoio_uring"], Some("monoio")),
    column("compio epoll", &["compio_epoll"], Some("compio")),
    column("compio uring", &["compio_uring"], Some("compio")),
    column("glommio", &["glommio"], Some("glommio")),
    column("epox", &["epox"], Some("epox")),
];

const fn column(name: &'static str, programs: &'static [&'static str], package: Option<&'static str>) -> Column {
    Column { name, programs, package }
}
