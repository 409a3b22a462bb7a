//! What can be measured, as it is named on the command line.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::work::Workload;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Requests of one kind.
    Workload(Workload),
    /// What is sent to receivers.
    Webhooks,
}

impl ValueEnum for Subject {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Workload(Workload::Rush),
            Self::Workload(Workload::Flow),
            Self::Workload(Workload::Replay),
            Self::Workload(Workload::Soldout),
            Self::Workload(Workload::Mixed),
            Self::Webhooks,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Workload(workload) => workload.to_possible_value(),
            Self::Webhooks => {
                let help = "Deliveries to a receiver: how many, how soon, with a thousand \
                    endpoints of which one hangs, and what they cost who books";
                Some(PossibleValue::new("webhooks").help(help))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_can_be_named() {
        for workload in Workload::value_variants() {
            assert!(Subject::value_variants().contains(&Subject::Workload(*workload)));
        }
    }
}
