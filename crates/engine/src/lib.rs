//! Turns waiting intents into batches, and each batch into one commit.
