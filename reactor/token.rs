#![forbid(unsafe_code)]

/// The name under which a descriptor is registered, and which its events carry.
///
/// The reactor gives it no meaning. An index into a table of the caller's is the usual choice.
///
/// ```
/// use epore::reactor::Token;
///
/// assert_eq!(Token::from(7), Token(7));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub usize);

impl From<usize> for Token {
    fn from(value: usize) -> Token {
        Token(value)
    }
}
