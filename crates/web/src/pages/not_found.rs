//! The page for addresses that are none.

use crate::failures::Failure;

/// Says that there is nothing here, and where to go on.
pub(crate) async fn show() -> Failure {
    Failure::NotFound
}
