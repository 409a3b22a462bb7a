//! What a booking is and what may be decided about it.
