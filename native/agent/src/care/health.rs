//! The health of a Box: one check after the other, and what they come to. By Docker's rules.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;

use super::{check, ending};
use crate::machine::Machine;
use crate::proto::{Health, HealthResult, HealthStatus};

/// Results that are kept.
const LOG: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    pub argv: Vec<Vec<u8>>,
    pub interval: Duration,
    pub timeout: Duration,
    pub start_period: Duration,
    pub start_interval: Duration,
    pub retries: u32,
    pub end_when_unhealthy: bool,
}

pub fn initial() -> Health {
    Health {
        status: HealthStatus::Starting.into(),
        ..Health::default()
    }
}

/// Checks until the container is gone.
pub async fn run(machine: Arc<Machine>, check: HealthCheck, sender: watch::Sender<Arc<Health>>) {
    let begun = Instant::now();
    let mut state = State::default();
    loop {
        let starts = state.starts(&check, begun.elapsed());
        sleep(if starts {
            check.start_interval
        } else {
            check.interval
        })
        .await;
        let Ok(container) = machine.container() else {
            return;
        };
        // In a task of its own, which sees the process to its end whatever becomes of this.
        let checking = tokio::spawn(check::run(container, check.argv.clone(), check.timeout));
        let Ok(result) = checking.await else { return };
        state.add(&check, begun.elapsed(), result);
        sender.send_replace(Arc::new(state.health()));
        if state.status == HealthStatus::Unhealthy && check.end_when_unhealthy {
            ending::begin(&machine, "unhealthy");
            return;
        }
    }
}

struct State {
    status: HealthStatus,
    failing_streak: u32,
    log: VecDeque<HealthResult>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            status: HealthStatus::Starting,
            failing_streak: 0,
            log: VecDeque::with_capacity(LOG),
        }
    }
}

impl State {
    /// Whether failures do not count yet.
    fn starts(&self, check: &HealthCheck, since_begin: Duration) -> bool {
        self.status == HealthStatus::Starting && since_begin < check.start_period
    }

    fn add(&mut self, check: &HealthCheck, since_begin: Duration, result: HealthResult) {
        if result.exit_code == 0 {
            self.failing_streak = 0;
            self.status = HealthStatus::Healthy;
        } else if !self.starts(check, since_begin) {
            self.failing_streak = self.failing_streak.saturating_add(1);
            if self.failing_streak >= check.retries {
                self.status = HealthStatus::Unhealthy;
            }
        }
        if self.log.len() == LOG {
            self.log.pop_front();
        }
        self.log.push_back(result);
    }

    fn health(&self) -> Health {
        Health {
            status: self.status.into(),
            failing_streak: self.failing_streak,
            log: self.log.iter().cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn check() -> HealthCheck {
        HealthCheck {
            argv: vec![b"true".to_vec()],
            interval: SECOND,
            timeout: SECOND,
            start_period: 10 * SECOND,
            start_interval: SECOND,
            retries: 3,
            end_when_unhealthy: false,
        }
    }

    fn after(results: &[(u64, i32)]) -> State {
        let mut state = State::default();
        for &(seconds, exit_code) in results {
            let result = HealthResult {
                exit_code,
                ..HealthResult::default()
            };
            state.add(&check(), seconds as u32 * SECOND, result);
        }
        state
    }

    #[test]
    fn failures_do_not_count_while_it_starts() {
        let state = after(&[(1, 1), (2, 1), (3, 1), (4, 1)]);
        assert_eq!(
            (state.status, state.failing_streak),
            (HealthStatus::Starting, 0)
        );
        let state = after(&[(11, 1), (12, 1), (13, 1)]);
        assert_eq!(
            (state.status, state.failing_streak),
            (HealthStatus::Unhealthy, 3)
        );
    }

    #[test]
    fn they_count_once_a_check_has_succeeded() {
        assert_eq!(after(&[(1, 0)]).status, HealthStatus::Healthy);
        let two = after(&[(1, 0), (2, 1), (3, -1)]);
        assert_eq!((two.status, two.failing_streak), (HealthStatus::Healthy, 2));
        assert_eq!(
            after(&[(1, 0), (2, 1), (3, 1), (4, 1)]).status,
            HealthStatus::Unhealthy
        );
        let again = after(&[(1, 0), (2, 1), (3, 1), (4, 1), (5, 0)]);
        assert_eq!(
            (again.status, again.failing_streak),
            (HealthStatus::Healthy, 0)
        );
    }

    #[test]
    fn the_last_results_are_kept() {
        let results: Vec<_> = (0..20).map(|number| (number, number as i32)).collect();
        let codes: Vec<_> = after(&results)
            .health()
            .log
            .iter()
            .map(|result| result.exit_code)
            .collect();
        assert_eq!(codes, [15, 16, 17, 18, 19]);
    }
}
