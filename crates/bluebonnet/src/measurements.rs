//! What is measured, for Prometheus: names, units, meanings and buckets.

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of times, in seconds: from a SQLite commit to the longest wait that a client bears.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Upper bounds of batch sizes.
const BATCH_SIZES: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// Calls in flight, by the gate's count.
pub(crate) const IN_FLIGHT: &str = "bluebonnet_calls_in_flight";
/// Messages that wait for somebody, by state.
pub(crate) const MESSAGES_WAITING: &str = "bluebonnet_messages_waiting";

/// Begins to measure; the handle writes what was measured so far.
pub(crate) fn begin() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full("bluebonnet_batch_size".to_owned()), &BATCH_SIZES)
        })
        .and_then(PrometheusBuilder::install_recorder)
        .context("cannot begin to measure")?;
    metrics::describe_gauge!(IN_FLIGHT, "Calls in flight");
    metrics::describe_gauge!(MESSAGES_WAITING, "Messages that wait for a reviewer or an operator, by state");
    metrics::describe_gauge!(
        "bluebonnet_files_set_aside",
        "Taken files that wait for an operator: their records are damaged"
    );
    metrics::describe_histogram!("bluebonnet_batch_size", "Submissions that shared a commit");
    metrics::describe_counter!("bluebonnet_quarantined_total", "Messages kept aside after failing alone");
    metrics::describe_counter!("bluebonnet_submissions_total", "Reports, by what became of them");
    metrics::describe_counter!("bluebonnet_findings_total", "Findings told to senders, by code");
    metrics::describe_counter!("bluebonnet_queries_total", "Questions, by the status of the answer");
    metrics::describe_counter!("bluebonnet_webservice_calls_total", "Calls of the web service, by outcome");
    metrics::describe_histogram!("bluebonnet_webservice_call_seconds", "From the last byte of a call to its answer");
    metrics::describe_histogram!("bluebonnet_web_page_seconds", "From the head of a request for a page to its answer");
    Ok(handle)
}
