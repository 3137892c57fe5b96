//! The store, tried on each database.

mod audit_trail;
mod batches;
mod checkpoints;
mod crashes;
mod databases;
mod inspections;
mod off_the_hot_path;
mod people;
mod postgres_cluster;
mod round_trips;
mod secure_connections;
