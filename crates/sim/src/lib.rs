//! Naive model, workload, faulty store, store suite, history checker.
