//! What crosses the network: requests, replies, problems.
