//! The nouns, where they compute.

mod wall_times;
