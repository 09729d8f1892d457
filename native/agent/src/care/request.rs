//! Checks what a host asks to be done.

use std::time::Duration;

use tonic::Status;

use super::health::HealthCheck;
use crate::container::spec::{check_string, strings};
use crate::fault::invalid;
use crate::proto::SetCareRequest;

const MAX_ARGUMENTS: usize = 4096;
/// Longer waits are as good as none; tokio's clock has an end.
const MAX_WAIT: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Orders {
    pub health: Option<HealthCheck>,
    pub idle_timeout: Option<Duration>,
}

pub fn check(request: SetCareRequest) -> Result<Orders, Status> {
    let wait = |milliseconds| Duration::from_millis(milliseconds).min(MAX_WAIT);
    let health = match request.health_check {
        None => None,
        Some(check) => {
            if check.argv.len() > MAX_ARGUMENTS || check.argv.first().is_none_or(|it| it.is_empty())
            {
                return Err(invalid(format!(
                    "a health check has a command, and at most {MAX_ARGUMENTS} arguments"
                )));
            }
            let argv = strings(&check.argv);
            for argument in &argv {
                check_string("an argument", argument)?;
            }
            let times = [
                check.interval_ms,
                check.timeout_ms,
                check.start_interval_ms,
                check.retries.into(),
            ];
            if times.contains(&0) {
                return Err(invalid("times and retries of a health check are 1 or more"));
            }
            Some(HealthCheck {
                argv,
                interval: wait(check.interval_ms),
                timeout: wait(check.timeout_ms),
                start_period: wait(check.start_period_ms),
                start_interval: wait(check.start_interval_ms),
                retries: check.retries,
                end_when_unhealthy: check.end_when_unhealthy,
            })
        }
    };
    Ok(Orders {
        health,
        idle_timeout: (request.idle_timeout_ms > 0).then(|| wait(request.idle_timeout_ms)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::HealthCheck as Given;

    fn given() -> Given {
        Given {
            argv: vec!["true".into()],
            interval_ms: 1,
            timeout_ms: 1,
            start_period_ms: 0,
            start_interval_ms: 1,
            retries: 1,
            end_when_unhealthy: true,
        }
    }

    fn checked(health: Given) -> Result<Orders, Status> {
        check(SetCareRequest {
            health_check: Some(health),
            idle_timeout_ms: u64::MAX,
        })
    }

    #[test]
    fn takes_what_makes_sense() {
        let orders = checked(given()).unwrap();
        assert_eq!(orders.idle_timeout, Some(MAX_WAIT));
        assert_eq!(orders.health.unwrap().interval, Duration::from_millis(1));
        assert_eq!(check(SetCareRequest::default()).unwrap(), Orders::default());
    }

    #[test]
    fn refuses_what_does_not() {
        let wrong: [fn(&mut Given); 5] = [
            |given| given.argv.clear(),
            |given| given.argv = vec!["a\0b".into()],
            |given| given.interval_ms = 0,
            |given| given.retries = 0,
            |given| given.argv = vec!["a".into(); MAX_ARGUMENTS + 1],
        ];
        for change in wrong {
            let mut request = given();
            change(&mut request);
            assert!(checked(request).is_err());
        }
    }
}
