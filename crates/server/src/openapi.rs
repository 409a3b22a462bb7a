//! The OpenAPI 3.1 document: what the server answers, said by the server itself.

/// The document as JSON text.
#[must_use]
pub fn document_text() -> String {
    String::new()
}
