//! How much room the store takes, as it said last. What it does not know is left out.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use engine::reads::Sizes;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::gauge::ConstGauge;

#[derive(Debug, Default)]
pub(super) struct StoreSizes(Mutex<Sizes>);

impl StoreSizes {
    pub(super) fn see(&self, sizes: Sizes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = sizes;
    }
}

impl Collector for StoreSizes {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let sizes = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Sizes { store_bytes, wal_bytes, free_bytes } = sizes;
        for (name, help, value) in [
            (
                "store_bytes",
                "Bytes of the store: of its file without the WAL, or of its database",
                store_bytes,
            ),
            ("wal_bytes", "Bytes of the WAL of a store in a file", wal_bytes),
            ("disk_free_bytes", "Bytes that are free where a store in a file lies", free_bytes),
        ] {
            let Some(value) = value else { continue };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}
